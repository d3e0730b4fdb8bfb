import { commandLine, requestedUsage } from '@mnist-monitor/shared/command-line';
import { describeFailure, MonitorError } from '@mnist-monitor/shared/errors';
import { installTensorflow } from './install-tensorflow.ts';

const argv = process.argv.slice(2);
const unknown = argv.filter((argument) => argument !== '--cuda');

const interrupt = new AbortController();
for (const [signal, code] of Object.entries({ SIGINT: 130, SIGTERM: 143 }))
  process.on(signal, () => {
    process.exitCode = code;
    interrupt.abort();
  });

const usage = `Usage: ${commandLine('engine', '[--cuda]')}

Installs the library of the engine tensorflow, once for this user.

  --cuda     for an NVIDIA GPU: 3 GB, including NVIDIA's libraries; only the driver must be present
  --help     this text
  --version  the version of the product`;

const requested = requestedUsage(argv, () => `${usage}\n`);
if (requested !== undefined) {
  process.stdout.write(requested);
  process.exit();
}

try {
  if (unknown.length > 0)
    throw new MonitorError(
      'option.invalid',
      `${unknown[0]}: unknown flag; ${commandLine('engine')} accepts only --cuda and --help`,
    );
  const folder = await installTensorflow(argv.includes('--cuda') ? 'cuda' : 'cpu', {
    log: (line) => console.log(line),
    signal: interrupt.signal,
  });
  console.log(`Engine tensorflow: ${folder}`);
} catch (error) {
  if (!interrupt.signal.aborted) {
    const { text, exitCode } = describeFailure(error);
    console.error(text);
    process.exitCode = exitCode;
  }
}
for (const signal of ['SIGINT', 'SIGTERM']) process.removeAllListeners(signal);
