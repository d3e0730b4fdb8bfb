export * from './client/backoff.ts';
export * from './client/decode-trusted.ts';
export type {
  CommandOptions,
  ConnectionState,
  LiveClient,
  LiveClientOptions,
  WebSocketConstructor,
  WebSocketLike,
} from './client/live-client.ts';
export * from './client/pending-commands.ts';
export * from './client/validating-client.ts';
export * from './protocol/close-codes.ts';
export * from './protocol/codec.ts';
export * from './protocol/constants.ts';
export * from './protocol/errors.ts';
export * from './protocol/run-id.ts';
export * from './protocol/setting-limits.ts';
export * from './schemas/commands.ts';
export * from './schemas/decode-live.ts';
export * from './schemas/events.ts';
export * from './schemas/ingest-messages.ts';
export * from './schemas/live-messages.ts';
export * from './schemas/problem-details.ts';
export * from './schemas/run-series.ts';
export * from './schemas/runs.ts';
export * from './schemas/settings.ts';
