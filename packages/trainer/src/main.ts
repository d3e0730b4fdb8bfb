import { describeFailure, MonitorError } from '@mnist-monitor/shared';
import { requestedText } from '@mnist-monitor/shared/options';
import { readConfig, type TrainerConfig } from './config.ts';
import { startHeartbeat } from './runner/heartbeat.ts';
import { RunResources } from './runner/run-resources.ts';
import { Trainer } from './runner/trainer.ts';
import { waitForGateway } from './runner/wait-for-gateway.ts';
import type { RunEnd } from './training/run-control.ts';

/** Time within which a second signal is ignored: one Ctrl-C can arrive twice, from the terminal and through npm. */
const secondSignalMs = 1_000;

/** Exit codes when a signal ended the run: 128 plus the number of the signal, as in shells. */
const signalExitCodes = { SIGINT: 130, SIGTERM: 143 } as const;
type Signal = keyof typeof signalExitCodes;

const helpOrVersion = requestedText(process.argv, 'trainer');
if (helpOrVersion !== undefined) process.stdout.write(helpOrVersion);
else await main();

async function main(): Promise<void> {
  process.stdout.on('error', () => {}); // When a pipe such as `| head` is closed, output is lost, but training continues.
  const stop = stopOnSignals();
  followTerminalWidth();
  try {
    const settings = readOptions();
    if (!settings) return;
    if (settings.heartbeat) startHeartbeat(settings.heartbeat);
    const resources = new RunResources();
    // `npm start` sets MONITOR_AWAIT_GATEWAY, because it starts this process before the gateway listens.
    const config = process.env.MONITOR_AWAIT_GATEWAY
      ? await waitForGateway({ config: settings, resources, signal: stop.signal })
      : settings;
    const options = { resources, output: process.stdout, signal: stop.signal, onWaiting: announceWaiting };
    const status = config ? await new Trainer({ config, ...options }).run() : 'interrupted';
    const succeeded = settings.once ? status === 'completed' : status !== 'failed';
    process.exitCode = (status === 'interrupted' ? stop.exitCode() : undefined) ?? (succeeded ? 0 : 1);
  } catch (error) {
    const { text, exitCode } = describeFailure(error);
    console.error(text);
    // After an internal error, timers and sockets may be left that keep the process alive.
    if (!(error instanceof MonitorError)) process.exit(exitCode);
    process.exitCode = exitCode;
  }
}

/**
 * Makes `process.stdout` read the terminal's width when the process continues after Ctrl-Z: a stopped process receives no
 * signal of a change.
 */
function followTerminalWidth(): void {
  if (process.platform === 'win32') return; // Windows has no such signals.
  process.on('SIGCONT', () => process.kill(process.pid, 'SIGWINCH'));
}

/**
 * Reads the options. Under `npm start`, the gateway reads the same options and reports an invalid one; the result here is then
 * undefined.
 */
function readOptions(): TrainerConfig | undefined {
  try {
    return readConfig(process.argv.slice(2), process.env);
  } catch (error) {
    if (!process.env.MONITOR_AWAIT_GATEWAY) throw error;
    process.exitCode = 2;
    return undefined;
  }
}

/**
 * Returns an `AbortSignal` that is aborted, with a `RunEnd` as its reason, on SIGINT, on SIGTERM, and when the parent process
 * ends. A second SIGINT or SIGTERM ends the process at once.
 */
function stopOnSignals(): { signal: AbortSignal; exitCode: () => number | undefined } {
  const stop = new AbortController();
  const interrupt = (reason: string): void => stop.abort({ status: 'interrupted', reason } satisfies RunEnd);
  const stopWithoutParent = (): void => interrupt('the process that started the trainer has ended');
  process.on('disconnect', stopWithoutParent);
  // `npm start` sends a message in place of a signal, which on Windows would end this process at once.
  process.on('message', ({ type, signal }: { type: string; signal: Signal }) => {
    if (type === 'stop') receive(signal);
  });
  // `connected` is undefined without a parent, and false when the parent has ended already.
  if (process.connected === false) stopWithoutParent();
  process.channel?.unref();

  let received: Signal | undefined;
  let receivedAt = 0;
  const receive = (name: Signal): void => {
    if (!received) receivedAt = performance.now();
    else if (performance.now() - receivedAt > secondSignalMs) process.exit(signalExitCodes[name]);
    received = name;
    interrupt(`stopped by ${name}`);
  };
  // On Windows, Ctrl-C reaches all processes of the console. Under `npm start`, only the message of that program stops this process.
  const isStoppedByParent = process.platform === 'win32' && process.send !== undefined;
  for (const name of Object.keys(signalExitCodes) as Signal[])
    process.on(name, () => isStoppedByParent || receive(name));
  return { signal: stop.signal, exitCode: () => received && signalExitCodes[received] };
}

/**
 * Announces that the trainer waits until a user starts a run: by a message to the parent process, which knows the page's
 * address, or on the console when there is no parent.
 */
function announceWaiting(): void {
  if (process.send)
    process.send({ type: 'waiting' }, undefined, undefined, () => {}); // The parent may have ended.
  else
    process.stdout.write(
      '\nWaiting for a new run, which you can start on the page. Ctrl-C ends the trainer.\n',
    );
}
