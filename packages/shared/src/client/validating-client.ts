import { decodeLive } from '../schemas/decode-live.ts';
import { connectLive as connect } from './live-client.ts';
import type { LiveClient, LiveClientOptions } from './live-options.ts';

/**
 * Follows the live feed and validates every message. After a loss of the connection, it connects again and continues
 * after the last event received.
 *
 * @example
 * const feed = connectLive({
 *   url: 'ws://localhost:5000/live',
 *   onEvent: (event) => {
 *     if (event.type === 'epoch') console.log(event.data.epoch, event.data.test?.accuracy);
 *   },
 * });
 * feed.close();
 * @throws TypeError when the runtime has no WebSocket and none is passed, or when a parameter in `url` is invalid, is also in the
 *   options, or is set by the client itself.
 */
export const connectLive = (options: LiveClientOptions): LiveClient =>
  connect({ decode: decodeLive, ...options });
