import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Starts viewers of several gateways in as many processes as their descriptors require (`load/follow.go`).
 * @param urls Addresses of the live feeds.
 * @param perProcess The number of viewers that one process can hold.
 */
export function startViewers(program, { urls, viewers, perProcess }) {
  const count = Math.ceil(viewers / perProcess);
  const processes = Array.from({ length: count }, (_, index) => {
    // The first addresses differ, so that each gateway has as many viewers as the others.
    const ordered = urls.map((_, at) => urls[(at + index) % urls.length]);
    const subscribers = Math.floor((viewers + index) / count);
    return startProcess(program, { follow: ordered.join(','), subscribers, source: 10 + index });
  });
  const send = (line) => processes.forEach(({ child }) => void child.stdin.write(`${line}\n`));
  const sumOf = (name) => processes.reduce((sum, { last }) => sum + (last[name] ?? 0), 0);
  return {
    /** Waits until all viewers are live or the deadline has passed. Resolves with how many are, and after how many seconds. */
    async connected(deadline) {
      while (sumOf('live') < viewers && Date.now() < deadline) await delay(50);
      return { live: sumOf('live'), seconds: Math.max(...processes.map(({ last }) => last.seconds ?? 0)) };
    },
    /** Begins a part of the measurement, with the events sent from now on. */
    openWindow: (name) => send(`window ${name}`),
    /** Waits until every viewer has this event, for at most 15 s. Resolves with the counts of all processes. */
    async finish(lastSeq) {
      send(`finish ${lastSeq}`);
      await Promise.all(processes.map(({ exited }) => exited));
      const results = processes.map(({ last }) => last);
      const names = ['missing', 'lost', 'doubled', 'skipped', 'live', 'reconnected', 'refused'];
      return {
        ...Object.fromEntries(names.map((name) => [name, sumOf(name)])),
        reconnection: slowest(results.map(({ reconnection }) => reconnection)),
        delays: Object.fromEntries(
          Object.keys(results[0].delays).map((name) => [
            name,
            slowest(results.map(({ delays }) => delays[name])),
          ]),
        ),
        loadCpuSeconds: sumOf('cpuSeconds'),
      };
    },
    stop: () => processes.forEach(({ child }) => void child.kill()),
  };
}

function startProcess(program, flags) {
  const args = Object.entries(flags).map(([name, value]) => `-${name}=${value}`);
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const started = { child, last: {}, exited: once(child, 'close') };
  child.stdin.on('error', () => {});
  createInterface(child.stdout).on('line', (line) => {
    started.last = JSON.parse(line);
  });
  return started;
}

/** Returns the worst figures of several processes: quantiles of all their viewers together are at most these. */
const slowest = (all) => ({
  count: all.reduce((sum, { count }) => sum + count, 0),
  ...Object.fromEntries(
    ['p50Ms', 'p99Ms', 'maxMs'].map((name) => [name, Math.max(...all.map((each) => each[name]))]),
  ),
});
