import {
  type CommandData,
  type CommandName,
  type CommandResult,
  type ConnectionState,
  connectLive,
  type EventType,
  type LiveClient,
  type LiveClientOptions,
  MonitorError,
  type MonitorEvent,
  type RunStatus,
  withoutCredentials,
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

/** Returns the error of a feed of a run that is closed for good, or cannot be opened. */
function feedError(
  base: URL,
  runId: string,
  state: Extract<ConnectionState, { reason: string }>,
): MonitorError {
  const code = state.name === 'closed' ? state.code : undefined;
  if (code === 'runNotFound' || code === 'runDeleted') {
    const found = code === 'runDeleted' ? 'it was deleted' : 'the gateway has none with this id';
    return new MonitorError('run.not_found', `expected the run ${runId}, but ${found}`);
  }
  return unreachableError(base, `the connection was closed: ${state.reason}`);
}

const unreachableError = (base: URL, reason: string): MonitorError =>
  new MonitorError(
    'gateway.unreachable',
    `expected a gateway at ${withoutCredentials(base.href)}, but ${reason}`,
  );

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
      timer = setTimeout(
        () => reject(unreachableError(base, `it did not answer within ${connectTimeoutMs / 1_000} s`)),
        connectTimeoutMs,
      );
      feed = followFeed(base, {
        ...{ run: runId ?? 'latest', types: ['run.finished'] },
        onHello: () => resolve(),
        onState: (state) => 'reason' in state && reject(feedError(base, runId ?? 'latest', state)),
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

/** What has ended a wait: an event, or that the trainer of the run has been disconnected for long; undefined when it was in vain. */
export type WaitOutcome = MonitorEvent | 'interrupted' | undefined;

/**
 * Follows a run until an event is the expected one, or until the run is interrupted, of which the status reports and no event. Resolves
 * with undefined after the time limit, or when aborted.
 * @throws MonitorError `run.not_found`, also when the run is deleted, or `gateway.unreachable`
 */
export async function waitForEvent(base: URL, options: WaitOptions): Promise<WaitOutcome> {
  const { runId, after, types, isExpected, timeoutMs, signal } = options;
  let feed: LiveClient | undefined;
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise((resolve, reject) => {
      timer = setTimeout(() => resolve(undefined), timeoutMs);
      signal?.addEventListener('abort', () => resolve(undefined), { once: true });
      let status: RunStatus | undefined;
      /** Whether the stored events have arrived. The expected one may be among them. */
      let isLive = false;
      const checkStatus = (): void => {
        if (isLive && status === 'interrupted') resolve('interrupted');
      };
      feed = followFeed(base, {
        ...{ run: runId, after, types },
        onHello({ run }) {
          status = run?.status;
          isLive = false;
        },
        onLive() {
          isLive = true;
          checkStatus();
        },
        onStatus(changed) {
          if (changed.runId !== runId) return;
          status = changed.status;
          checkStatus();
        },
        onEvent: (event) => isExpected(event) && resolve(event),
        onState: (state) => state.name === 'closed' && reject(feedError(base, runId, state)),
      });
    });
  } finally {
    clearTimeout(timer);
    feed?.close();
  }
}
