export * from './sample-run.ts';
export * from './scripted-publisher.ts';
export * from './time-factor.ts';
