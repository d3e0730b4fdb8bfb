/** The timers, clocks and random numbers of Node.js, kept before `virtual-runtime.ts` replaces them. */
export const real = {
  setTimeout: globalThis.setTimeout,
  setInterval: globalThis.setInterval,
  setImmediate: globalThis.setImmediate,
  clearTimeout: globalThis.clearTimeout,
  clearInterval: globalThis.clearInterval,
  clearImmediate: globalThis.clearImmediate,
  Date: globalThis.Date,
  performance: globalThis.performance,
  random: Math.random,
  crypto: globalThis.crypto,
};
