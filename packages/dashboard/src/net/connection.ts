import { connectLive, type LiveClient, type LiveClientMessage } from '@mnist-monitor/shared/browser';

/** Where the feed of the server is that the page came from. */
export const liveUrl = (): string =>
  `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/live`;

/** Follows a run, or the latest when it is null, and reports everything that happens. */
export const follow = (run: string | null, onMessage: (message: LiveClientMessage) => void): LiveClient =>
  connectLive({ url: liveUrl(), ...(run !== null && { run }), onMessage });
