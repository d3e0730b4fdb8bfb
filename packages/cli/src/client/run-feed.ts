import {
  type CommandData,
  type CommandName,
  type CommandResult,
  connectLive,
  type EventType,
  type LiveClient,
  type LiveClientOptions,
  MonitorError,
  type MonitorEvent,
} from '@mnist-monitor/shared';
import { WebSocket } from 'ws';

/** Time limit of a connection to the gateway. */
const connectTimeoutMs = 10_000;

/** Follows the live feed of a gateway. */
export function followFeed(base: URL, options: Omit<LiveClientOptions, 'url' | 'WebSocket'>): LiveClient {
  const url = new URL('live', base);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return connectLive({ ...options, url: url.href, WebSocket });
}

/** Sends one command over a connection of its own, and resolves with the trainer's answer. */
export async function sendCommand<N extends CommandName>(
  base: URL,
  name: N,
  { data, runId, token, by }: { data?: CommandData<N>; runId?: string; token?: string; by: string },
): Promise<CommandResult> {
  let feed: LiveClient | undefined;
  let timer: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      const refuse = (reason: string): void =>
        reject(new MonitorError('gateway.unreachable', `expected a gateway at ${base.href}, but ${reason}`));
      timer = setTimeout(
        () => refuse(`it did not answer within ${connectTimeoutMs / 1_000} s`),
        connectTimeoutMs,
      );
      feed = followFeed(base, {
        ...{ run: runId ?? 'latest', types: ['run.finished'] },
        onHello: () => resolve(),
        onState: (state) => 'reason' in state && refuse(`the connection was closed: ${state.reason}`),
      });
    });
    const options = { by, ...(runId !== undefined && { runId }), ...(token !== undefined && { token }) };
    return await (feed as unknown as LiveClient).command(name, data, options);
  } finally {
    clearTimeout(timer);
    feed?.close();
  }
}

/** Options of `waitForEvent`. */
export interface WaitOptions {
  runId: string;
  /** Events up to this seq are not considered. */
  after: number;
  types: readonly EventType[];
  isExpected: (event: MonitorEvent) => boolean;
  timeoutMs: number;
  signal?: AbortSignal;
}

/** Follows a run until an event is the expected one. Resolves with it; with undefined after the time limit, or when aborted. */
export async function waitForEvent(base: URL, options: WaitOptions): Promise<MonitorEvent | undefined> {
  const { runId, after, types, isExpected, timeoutMs, signal } = options;
  let feed: LiveClient | undefined;
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise((resolve, reject) => {
      timer = setTimeout(() => resolve(undefined), timeoutMs);
      signal?.addEventListener('abort', () => resolve(undefined), { once: true });
      feed = followFeed(base, {
        ...{ run: runId, after, types },
        onEvent: (event) => isExpected(event) && resolve(event),
        onState: (state) =>
          state.name === 'closed' &&
          reject(new MonitorError('gateway.unreachable', `the gateway has closed the feed: ${state.reason}`)),
      });
    });
  } finally {
    clearTimeout(timer);
    feed?.close();
  }
}
