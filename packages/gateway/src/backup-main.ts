// `npm run backup` copies the database of runs while a gateway writes to it.
import { describeFailure } from '@mnist-monitor/shared';
import { parseOptions, requestedText } from '@mnist-monitor/shared/options';
import { backUp } from './backup.ts';

const argv = process.argv.slice(2);

function run(): void {
  const { runs, to = `monitor-${timestamp()}.db` } = parseOptions(argv, process.env);
  const backup = backUp({ runs, to });
  const size = `${(backup.bytes / 1e6).toFixed(1)} MB`;
  console.log(`${to}: ${counted(backup.runs, 'run')}, ${counted(backup.events, 'event')}, ${size}, checked`);
}

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** Returns the current time in UTC, such as `20261124-103015`. */
const timestamp = (): string => new Date().toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');

try {
  const requested = requestedText(argv, 'backup', ['runs', 'to']);
  if (requested !== undefined) process.stdout.write(requested);
  else run();
} catch (error) {
  const { text, exitCode } = describeFailure(error);
  console.error(text);
  process.exitCode = exitCode;
}
