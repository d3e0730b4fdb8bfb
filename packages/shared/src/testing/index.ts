export * from './sample-run.ts';
export * from './sample-run-of-version-2.ts';
export * from './schema-patterns.ts';
export * from './scripted-publisher.ts';
export * from './time-factor.ts';
