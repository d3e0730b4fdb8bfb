export * from './sample-run.ts';
