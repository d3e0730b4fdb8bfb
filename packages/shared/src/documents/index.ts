export * from './asyncapi.ts';
export * from './json-schema.ts';
export * from './messages.ts';
