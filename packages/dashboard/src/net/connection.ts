import { connectLive, type LiveClient } from '@mnist-monitor/shared/browser';
import type { Input } from '../state/session.ts';

/** Where the feed of the server is that the page came from. */
export const liveUrl = (): string =>
  `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/live`;

/** Follows a run, or the latest when it is null; hands on everything that happens. */
export function follow(run: string | null, take: (input: Input) => void): LiveClient {
  return connectLive({
    url: liveUrl(),
    ...(run !== null && { run }),
    onState: (state) => take({ type: 'link', state }),
    onHello: (hello) => take({ type: 'hello', hello }),
    onEvent: (event) => take({ type: 'event', event }),
    onLive: () => take({ type: 'live' }),
    onGap: ({ from, to }) => take({ type: 'gap', from, to }),
    onStatus: (status) => take({ type: 'status', status }),
    onTrainers: (waiting) => take({ type: 'trainers', waiting }),
    onStore: (store) => take({ type: 'store', store }),
    onAnnotated: (annotated) => take({ type: 'annotated', run: annotated }),
    onRemoved: (runId) => take({ type: 'removed', runId }),
    onInvalid: () => take({ type: 'invalid' }),
  });
}
