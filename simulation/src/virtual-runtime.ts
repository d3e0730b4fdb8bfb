import { createRequire, syncBuiltinESMExports } from 'node:module';
import { setDefaultHighWaterMark } from 'node:stream';
import type { Random } from './random.ts';
import { real } from './real-time.ts';
import type { Scheduler, Task } from './scheduler.ts';

/** The simulation whose code runs, if any: what the runtime's globals return comes from it. */
interface ActiveSimulation {
  scheduler: Scheduler;
  random: Random;
  /** Opens a connection in place of `net.connect`. */
  connect(options: { port?: number | string }): unknown;
}

let active: ActiveSimulation | undefined;

/** Makes the runtime's time, randomness and network those of a simulation; with undefined, those of the machine again. */
export function activate(simulation: ActiveSimulation | undefined): void {
  active = simulation;
}

/** The wall clock at the virtual time 0. */
const epochMs = Date.parse('2026-12-01T00:00:00.000Z');

const wallClock = ({ scheduler }: ActiveSimulation): number =>
  Math.floor(epochMs + scheduler.readClock() + scheduler.current.clockErrorMs);

/** A timer in virtual time, with the methods of those of Node.js. */
class VirtualTimer {
  readonly #scheduler: Scheduler;
  readonly #delayMs: number;
  readonly #callback: () => void;
  readonly #repeats: boolean;
  #task: Task;

  constructor(scheduler: Scheduler, options: { callback: () => void; delayMs: number; repeats?: boolean }) {
    this.#scheduler = scheduler;
    this.#callback = options.callback;
    this.#delayMs = options.delayMs;
    this.#repeats = options.repeats ?? false;
    this.#task = scheduler.schedule(this.#delayMs, () => this.#run());
  }

  cancel(): void {
    this.#task.isCancelled = true;
  }

  refresh(): this {
    this.cancel();
    this.#task = this.#scheduler.schedule(this.#delayMs, () => this.#run(), this.#task.process);
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  hasRef(): boolean {
    return true;
  }

  close(): this {
    this.cancel();
    return this;
  }

  [Symbol.dispose](): void {
    this.cancel();
  }

  #run(): void {
    // Before the callback, which may cancel the timer.
    if (this.#repeats) this.refresh();
    this.#callback();
  }
}

type Callback = (...args: unknown[]) => void;

/** Rounds a delay as Node.js does. */
const delayOf = (ms: number | undefined): number =>
  ms !== undefined && ms >= 1 && ms < 2 ** 31 ? Math.trunc(ms) : 1;

const clear =
  (realClear: (timer?: never) => void) =>
  (timer?: unknown): void => {
    if (timer instanceof VirtualTimer) timer.cancel();
    else realClear(timer as never);
  };

const timers = {
  setTimeout(callback: Callback, ms?: number, ...args: unknown[]): unknown {
    if (!active) return real.setTimeout(callback, ms, ...args);
    return new VirtualTimer(active.scheduler, { callback: () => callback(...args), delayMs: delayOf(ms) });
  },
  setInterval(callback: Callback, ms?: number, ...args: unknown[]): unknown {
    if (!active) return real.setInterval(callback, ms, ...args);
    const options = { callback: () => callback(...args), delayMs: delayOf(ms), repeats: true };
    return new VirtualTimer(active.scheduler, options);
  },
  setImmediate(callback: Callback, ...args: unknown[]): unknown {
    if (!active) return real.setImmediate(callback, ...args);
    return new VirtualTimer(active.scheduler, { callback: () => callback(...args), delayMs: 0 });
  },
  clearTimeout: clear(real.clearTimeout),
  clearInterval: clear(real.clearInterval),
  clearImmediate: clear(real.clearImmediate),
};

const timersPromises = {
  setTimeout: (ms?: number, value?: unknown): Promise<unknown> =>
    new Promise((resolve) => timers.setTimeout(() => resolve(value), ms)),
  setImmediate: (value?: unknown): Promise<unknown> =>
    new Promise((resolve) => timers.setImmediate(() => resolve(value))),
};

class VirtualDate extends real.Date {
  constructor(...args: [] | [string | number | Date]) {
    if (args.length === 0) super(VirtualDate.now());
    else super(...(args as [string]));
  }

  static override now(): number {
    return active ? wallClock(active) : real.Date.now();
  }
}

const virtualPerformance = new Proxy(real.performance, {
  get(target, name) {
    if (name === 'now') return now;
    const value = Reflect.get(target, name) as unknown;
    return typeof value === 'function' ? value.bind(target) : value;
  },
});

function now(): number {
  if (!active) return real.performance.now();
  const { scheduler } = active;
  return scheduler.readClock() - scheduler.current.startedAt;
}

function uuid(random: Random): string {
  const bytes = Buffer.alloc(16);
  random.fill(bytes);
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/**
 * Replaces what Node.js measures of the real process. Its observers and histograms live until they are stopped, which a simulated process
 * that was killed never does: 2 MB of each simulation would stay in memory, and a real timer would run for it.
 */
function replaceMeasurements(hooks: typeof import('node:perf_hooks')): void {
  const { PerformanceObserver, monitorEventLoopDelay, createHistogram } = hooks;
  const none = {
    observe(): void {},
    disconnect(): void {},
    takeRecords: () => [],
  };
  const observer = new Proxy(PerformanceObserver, {
    construct: (target, args) => (active ? none : Reflect.construct(target, args)),
  });
  const monitor: typeof monitorEventLoopDelay = (options) =>
    active
      ? (Object.assign(createHistogram(), {
          enable: () => true,
          disable: () => true,
        }) as unknown as ReturnType<typeof monitorEventLoopDelay>)
      : monitorEventLoopDelay(options);
  Object.assign(hooks, {
    performance: virtualPerformance,
    PerformanceObserver: observer,
    monitorEventLoopDelay: monitor,
  });
}

/** The virtual disk of the gateways, which is empty: they keep their runs in the model of a store. */
const missingFile = (path: unknown): Promise<never> =>
  Promise.reject(Object.assign(new Error(`ENOENT: ${String(path)}`), { code: 'ENOENT' }));

/**
 * Replaces the timers, clocks, random numbers, connections and asynchronous file access of this process. While no
 * simulation is active, they work as before. Has to be called before the programs' modules are loaded.
 */
export function installVirtualRuntime(): void {
  const require = createRequire(import.meta.url);
  Object.assign(globalThis, timers);
  Object.assign(require('node:timers'), timers);
  const promises = require('node:timers/promises');
  for (const name of ['setTimeout', 'setImmediate'] as const) {
    const original = promises[name];
    promises[name] = (...args: never[]) =>
      active ? (timersPromises[name] as (...given: never[]) => unknown)(...args) : original(...args);
  }
  globalThis.Date = VirtualDate as unknown as DateConstructor;
  Math.random = () => (active ? active.random.float() : real.random());
  const define = (name: string, value: unknown): void => {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  };
  define('performance', virtualPerformance);
  replaceMeasurements(require('node:perf_hooks'));

  const getRandomValues = <T extends ArrayBufferView>(array: T): T => {
    if (!active) return real.crypto.getRandomValues(array as never);
    active.random.fill(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    return array;
  };
  define(
    'crypto',
    new Proxy(real.crypto, {
      get(target, name) {
        if (name === 'getRandomValues') return getRandomValues;
        if (name === 'randomUUID') return () => (active ? uuid(active.random) : target.randomUUID());
        const value = Reflect.get(target, name) as unknown;
        return typeof value === 'function' ? value.bind(target) : value;
      },
    }),
  );
  const crypto = require('node:crypto');
  const { randomUUID, randomBytes, randomFillSync } = crypto;
  crypto.randomUUID = () => (active ? uuid(active.random) : randomUUID());
  crypto.randomBytes = (size: number, callback?: unknown) => {
    if (!active || callback) return randomBytes(size, callback);
    const bytes = Buffer.alloc(size);
    active.random.fill(bytes);
    return bytes;
  };
  // `ws` fills a pool of masks that several simulations share, so that it must not draw from the random numbers of one.
  crypto.randomFillSync = (buffer: Uint8Array, ...range: number[]) =>
    active ? buffer.fill(0x5a) : randomFillSync(buffer, ...range);

  const net = require('node:net');
  const { connect } = net;
  net.connect = (...args: unknown[]) => (active ? active.connect(args[0] as never) : connect(...args));

  const files = require('node:fs/promises');
  for (const [name, original] of Object.entries(files)) {
    if (typeof original !== 'function') continue;
    files[name] = (...args: unknown[]) => (active ? missingFile(args[0]) : original(...args));
  }
  // Node.js 22 has a larger default, which would move the boundaries of reads.
  setDefaultHighWaterMark(false, 16 * 1024);
  syncBuiltinESMExports();
}
