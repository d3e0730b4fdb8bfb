import type { NetworkWorker } from './network-requests.ts';

/** Starts the worker that computes with the weights of a run. */
export const startNetworkWorker = (): NetworkWorker =>
  new Worker(new URL('./network-worker.ts', import.meta.url), { type: 'module' });
