export * from './sample-run.ts';
export * from './scripted-publisher.ts';
