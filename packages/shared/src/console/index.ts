export * from './bar.ts';
export * from './format.ts';
