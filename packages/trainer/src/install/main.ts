import { MonitorError } from '@mnist-monitor/shared/errors';
import { installTensorflow } from './install-tensorflow.ts';
import { linkAddon } from './tensorflow-library.ts';

const argv = process.argv.slice(2);
const unknown = argv.filter((argument) => argument !== '--cuda');

try {
  if (unknown.length > 0)
    throw new MonitorError(
      'option.invalid',
      `${unknown[0]}: unknown; npm run engine takes --cuda or nothing`,
    );
  const folder = await installTensorflow(argv.includes('--cuda') ? 'cuda' : 'cpu', (line) =>
    console.log(line),
  );
  linkAddon(folder); // Already here: the process that trains may not be allowed to write.
  console.log(`Engine tensorflow: ${folder}`);
} catch (error) {
  if (!(error instanceof MonitorError)) throw error;
  console.error(error.message);
  process.exitCode = error.exitCode;
}
