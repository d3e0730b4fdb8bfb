// `mnist-training-monitor completion SHELL` prints a completion script. For example in .bashrc:
// eval "$(mnist-training-monitor completion bash)"
import { completionScript } from './completion.ts';

process.stdout.write(completionScript(process.argv[2]));
