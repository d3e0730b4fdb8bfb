import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Violation } from './oracle.ts';
import { drawPlan, type Plan } from './plan.ts';
import { copyWith, plants } from './plants.ts';
import { real } from './real-time.ts';
import { shrink } from './shrink.ts';
import { Trace } from './trace.ts';
import { type Outcome, simulate } from './world.ts';

const help = `Runs the publisher, the gateways and the live client in simulated time, with faults, and checks their promises.

npm run simulate -- [options]

  --seeds N     number of simulations (100)
  --seed S      the first seed; the others follow (1)
  --workers W   processes that simulate at a time (one for each core)
  --all         go on after a failure, and list every failing seed
  --plants NAME look for planted faults whose names contain NAME, or for all of them with NAME all
  --trace       print everything that happens in each simulation
`;

/** The outcome of a simulation without its trace, as a worker sends it. */
type Report = Pick<Outcome, 'seed' | 'hash' | 'violation' | 'stats' | 'steps' | 'virtualMs' | 'realMs'>;

/** Runs the simulations that the command line asks for, and prints the outcomes. */
export async function main(argv: string[]): Promise<void> {
  const { values } = parseArgs({
    args: argv,
    options: {
      seeds: { type: 'string', default: '100' },
      seed: { type: 'string', default: '1' },
      workers: { type: 'string', default: String(availableParallelism()) },
      trace: { type: 'boolean', default: false },
      all: { type: 'boolean', default: false },
      brief: { type: 'boolean', default: false },
      plants: { type: 'string' },
      worker: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(help);
    return;
  }
  if (values.plants !== undefined) return findPlants(values.plants, values);
  // Some modules are loaded on first use and read the clock then: not within the first simulation.
  await simulate(drawPlan('warm-up'));
  if (values.worker) return work();
  const [first, count] = [readNumber('seed', values.seed), readNumber('seeds', values.seeds)];
  const seeds = Array.from({ length: count }, (_, index) => String(first + index));
  if (values.trace) return traceAll(seeds);
  const startedAt = real.performance.now();
  const workers = readNumber('workers', values.workers);
  const reports = await simulateAll(seeds, { workers, goesOn: values.all });
  summarize(reports, real.performance.now() - startedAt);
  const failed = reports.filter(({ violation }) => violation);
  if (failed.length > 0) process.exitCode = 1;
  if (values.all || values.brief) for (const report of failed) console.log(`✗ ${describe(report)}`);
  else if (failed[0]) await explain(failed[0]);
}

function readNumber(name: string, text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  console.error(`--${name}: expected a whole number from 0, got ${JSON.stringify(text)}`);
  process.exit(2);
}

/** Looks for each planted fault, and prints the seed that finds it. */
async function findPlants(
  pattern: string,
  { seed, seeds, workers }: { seed: string; seeds: string; workers: string },
): Promise<void> {
  const chosen = plants.filter(({ name }) => pattern === 'all' || name.includes(pattern));
  for (const plant of chosen) {
    const startedAt = real.performance.now();
    const copy = copyWith(plant);
    try {
      const command = [
        join(copy, 'simulation/dist/main.js'),
        ...['--seed', seed, '--seeds', seeds, '--workers', workers],
      ];
      const { stdout } = spawnSync(process.execPath, [...command, '--brief'], { encoding: 'utf8' });
      const [, found] = /^✗ (seed \d+: .*(?:\n.*)?)/m.exec(stdout) ?? [];
      const seconds = ((real.performance.now() - startedAt) / 1_000).toFixed(1);
      if (found === undefined) process.exitCode = 1;
      console.log(
        `${found === undefined ? '✗ not found' : '✓ found'} in ${seconds} s: ${plant.name}\n    ${found ?? stdout.trim()}`,
      );
    } finally {
      rmSync(copy, { recursive: true });
    }
  }
}

/** Simulates each seed that the parent process sends, and sends the outcome back. */
function work(): void {
  process.on('message', async (seed: string) => {
    const { trace: _, ...report } = await simulate(drawPlan(seed));
    process.send?.(report);
  });
  process.on('disconnect', () => process.exit());
}

async function traceAll(seeds: readonly string[]): Promise<void> {
  for (const seed of seeds) {
    const { trace, ...report } = await simulate(drawPlan(seed), { keepsTrace: true });
    for (const line of trace) console.log(line);
    console.log(describe(report));
    if (report.violation) process.exitCode = 1;
  }
}

/** Simulates the seeds in worker processes. Returns the outcomes in the order of the seeds. */
async function simulateAll(
  seeds: readonly string[],
  { workers, goesOn }: { workers: number; goesOn: boolean },
): Promise<Report[]> {
  const reports: Report[] = [];
  let next = 0;
  let isFailed = false;
  const run = (child: ChildProcess): Promise<void> =>
    new Promise((resolve, reject) => {
      const sendNext = (): void => {
        if (next >= seeds.length || (isFailed && !goesOn)) {
          child.disconnect();
          return resolve();
        }
        child.send(seeds[next++]!);
      };
      child.on('message', (report: Report) => {
        reports[seeds.indexOf(report.seed)] = report;
        isFailed ||= report.violation !== undefined;
        sendNext();
      });
      child.on('error', reject);
      child.on('exit', (code) => (code ? reject(new Error(`a worker ended with code ${code}`)) : resolve()));
      sendNext();
    });
  const children = Array.from({ length: Math.max(1, Math.min(workers, seeds.length)) }, () =>
    fork(process.argv[1]!, ['--worker']),
  );
  await Promise.all(children.map(run));
  return reports.filter((report) => report !== undefined);
}

function summarize(reports: readonly Report[], realMs: number): void {
  const hash = new Trace(false);
  for (const report of reports) hash.add(report.hash);
  const sum = (of: (report: Report) => number): string =>
    Math.round(reports.reduce((total, report) => total + of(report), 0)).toLocaleString('en');
  console.log(
    `${reports.length} simulations in ${(realMs / 1_000).toFixed(1)} s: ${sum(({ virtualMs }) => virtualMs / 3_600_000)} h of simulated time, ` +
      `${sum(({ steps }) => steps)} steps, ${sum(({ stats }) => stats.events)} events stored, ${sum(({ stats }) => stats.shown)} shown, ` +
      `${sum(({ stats }) => stats.connections)} connections, ${sum(({ stats }) => stats.gaps)} gaps, ${sum(({ stats }) => stats.commands)} commands`,
  );
  console.log(`hash of all traces: ${hash.hash}`);
}

const describe = ({ seed, hash, violation, steps }: Omit<Report, 'stats'>): string =>
  `seed ${seed}: ${steps} steps, trace ${hash}${violation ? `\n  ${violation.rule}: ${violation.message}` : ''}`;

/** Prints how a simulation has failed: the smallest plan that fails in the same way, and the end of its trace. */
async function explain(report: Report): Promise<void> {
  const { rule } = report.violation as Violation;
  console.log(`\n✗ ${describe(report)}\n`);
  const failsAlike = async (plan: Plan): Promise<boolean> => (await simulate(plan)).violation?.rule === rule;
  const small = await shrink(drawPlan(report.seed), failsAlike);
  const { trace, violation } = await simulate(small, { keepsTrace: true });
  console.log(`The smallest plan that fails in the same way:\n${JSON.stringify(small, null, 1)}\n`);
  console.log(trace.slice(-60).join('\n'));
  console.log(`\n  ${violation?.rule}: ${violation?.message}`);
  console.log(`\nnpm run simulate -- --seed ${report.seed} --seeds 1 --trace`);
}
