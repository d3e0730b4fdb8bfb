import { describeFailure, MonitorError } from '@mnist-monitor/shared/errors';
import { installTensorflow } from './install-tensorflow.ts';
import { linkAddon } from './tensorflow-library.ts';

const argv = process.argv.slice(2);
const unknown = argv.filter((argument) => argument !== '--cuda');

const interrupt = new AbortController();
for (const [signal, code] of Object.entries({ SIGINT: 130, SIGTERM: 143 }))
  process.on(signal, () => {
    process.exitCode = code;
    interrupt.abort();
  });

const usage = `Usage: npm run engine [-- --cuda]

Installs the library of the engine tensorflow, once for this user.

  --cuda  for an NVIDIA GPU: 3 GB, including NVIDIA's libraries; only the driver must be present
  --help  this text`;

if (argv.includes('--help')) {
  console.log(usage);
  process.exit();
}

try {
  if (unknown.length > 0)
    throw new MonitorError(
      'option.invalid',
      `${unknown[0]}: unknown flag; npm run engine accepts only --cuda and --help`,
    );
  const folder = await installTensorflow(argv.includes('--cuda') ? 'cuda' : 'cpu', {
    log: (line) => console.log(line),
    signal: interrupt.signal,
  });
  try {
    linkAddon(folder); // The index of tfjs-node, which programs of the benchmarks load, expects the addon in its package.
  } catch (cause) {
    throw new MonitorError(
      'engine.unavailable',
      `the engine is in ${folder}, but node_modules cannot be written (${(cause as NodeJS.ErrnoException).code})`,
      { cause },
    );
  }
  console.log(`Engine tensorflow: ${folder}`);
} catch (error) {
  if (!interrupt.signal.aborted) {
    const { text, exitCode } = describeFailure(error);
    console.error(text);
    process.exitCode = exitCode;
  }
}
for (const signal of ['SIGINT', 'SIGTERM']) process.removeAllListeners(signal);
