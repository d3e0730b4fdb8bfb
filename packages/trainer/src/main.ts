import { MonitorError } from '@mnist-monitor/shared';
import { helpText, isHelpRequested } from '@mnist-monitor/shared/options';
import { readConfig } from './config.ts';
import { startHeartbeat } from './runner/heartbeat.ts';
import { RunResources } from './runner/run-resources.ts';
import { Trainer } from './runner/trainer.ts';
import { waitForGateway } from './runner/wait-for-gateway.ts';
import type { RunEnd } from './training/run-control.ts';

/** Ctrl-C may reach us twice at once, from the terminal and through npm; only a later one asks to end at once. */
const secondSignalMs = 1_000;

/** Exit codes when a signal ended the run: 128 and the signal's number, as shells have it. */
const signals = { SIGINT: 130, SIGTERM: 143 } as const;

if (isHelpRequested(process.argv)) {
  process.stdout.write(helpText('npm run trainer --'));
} else {
  process.stdout.on('error', () => {}); // A reader that has gone, as behind `| head`, ends the console and not the run.
  const stop = new AbortController();
  const interrupt = (reason: string): void => stop.abort({ status: 'interrupted', reason } satisfies RunEnd);
  const orphan = (): void => interrupt('the process that started the trainer is gone');
  process.on('disconnect', orphan);
  if (process.connected === false) orphan(); // It went while this was loading; without a channel it is undefined.
  process.channel?.unref();
  let signalled: keyof typeof signals | undefined;
  let signalledAt = 0;
  for (const signal of Object.keys(signals) as (keyof typeof signals)[])
    process.on(signal, () => {
      if (!signalled) signalledAt = performance.now();
      else if (performance.now() - signalledAt > secondSignalMs) process.exit(signals[signal]);
      signalled = signal;
      interrupt(`stopped by ${signal}`);
    });
  // Whoever started the trainer knows the page's address; without one, say it here.
  const onWaiting = (): void => {
    if (process.send)
      process.send({ type: 'waiting' }, undefined, undefined, () => {}); // Unless it is gone.
    else
      process.stdout.write('\nWaiting: a new run can be started from the page. Ctrl-C ends the trainer.\n');
  };

  try {
    const resources = new RunResources();
    const told = readConfig(process.argv.slice(2), process.env);
    if (told.heartbeat) startHeartbeat(told.heartbeat);
    // `npm start` sets it.
    const config = process.env.MONITOR_HOLD ? await waitForGateway(resources, told, stop.signal) : told;
    const status = config
      ? await new Trainer({ config, resources, output: process.stdout, signal: stop.signal, onWaiting }).run()
      : 'interrupted';
    const isWell = told.once ? status === 'completed' : status !== 'failed';
    process.exitCode = signalled && status === 'interrupted' ? signals[signalled] : isWell ? 0 : 1;
  } catch (error) {
    if (!(error instanceof MonitorError)) throw error;
    console.error(error.message);
    process.exitCode = error.exitCode;
  }
}
