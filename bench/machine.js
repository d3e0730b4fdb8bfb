import { cpus, totalmem } from 'node:os';

/** Where and when something was measured, to stand beside its figures. */
export const machine = () => ({
  date: new Date().toISOString(),
  cpu: cpus()[0]?.model ?? process.arch,
  cores: cpus().length,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  node: process.versions.node,
});
