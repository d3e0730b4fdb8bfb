import { decodeLive } from '../schemas/decode-live.ts';
import { connectLive as connect, type LiveClient, type LiveClientOptions } from './live-client.ts';

/**
 * Follows the live feed and validates every message against the schemas; otherwise as `connectLive` of
 * `@mnist-monitor/shared/browser`.
 */
export const connectLive = (options: LiveClientOptions): LiveClient =>
  connect({ decode: decodeLive, ...options });
