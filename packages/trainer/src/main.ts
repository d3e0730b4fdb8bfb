import { MonitorError } from '@mnist-monitor/shared';
import { helpText } from '@mnist-monitor/shared/options';
import { readConfig } from './config.ts';
import type { RunEnd } from './session.ts';
import { runTrainer } from './trainer.ts';

/** Exit codes when a signal ended the run: 128 and the signal's number, as shells have it. */
const signals = { SIGINT: 130, SIGTERM: 143 } as const;

if (process.argv.includes('--help')) {
  process.stdout.write(helpText('npm run trainer --'));
} else {
  const stop = new AbortController();
  let signalled: keyof typeof signals | undefined;
  for (const signal of Object.keys(signals) as (keyof typeof signals)[])
    process.on(signal, () => {
      if (signalled) process.exit(signals[signal]); // The second time is meant.
      signalled = signal;
      stop.abort({ status: 'interrupted', reason: `stopped by ${signal}` } satisfies RunEnd);
    });

  try {
    const config = readConfig(process.argv.slice(2), process.env);
    const status = await runTrainer({ config, output: process.stdout, signal: stop.signal });
    process.exitCode = signalled ? signals[signalled] : status === 'completed' ? 0 : 1;
  } catch (error) {
    if (!(error instanceof MonitorError)) throw error;
    console.error(error.message);
    process.exitCode = error.exitCode;
  }
}
