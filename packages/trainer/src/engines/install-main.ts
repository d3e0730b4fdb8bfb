import { MonitorError } from '@mnist-monitor/shared';
import { installTensorflow } from './install.ts';

try {
  const folder = await installTensorflow((line) => console.log(line));
  console.log(`Engine tensorflow: ${folder}`);
} catch (error) {
  if (!(error instanceof MonitorError)) throw error;
  console.error(error.message);
  process.exitCode = error.exitCode;
}
