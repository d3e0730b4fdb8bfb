import { type ChildProcess, fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import type { Violation } from './oracle.ts';
import { drawPlan, type Plan } from './plan.ts';
import { real } from './real-time.ts';
import { shrink } from './shrink.ts';
import { Trace } from './trace.ts';
import { type Outcome, simulate } from './world.ts';

const help = `Runs the publisher, the gateways and the live client in simulated time, with faults, and checks their promises.

npm run simulate -- [options]

  --seeds N     number of simulations (100)
  --seed S      the first seed; the others follow (1)
  --workers W   processes that simulate at a time (one for each core)
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
      worker: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(help);
    return;
  }
  // Some modules are loaded on first use and read the clock then: not within the first simulation.
  await simulate(drawPlan('warm-up'));
  if (values.worker) return work();
  const [first, count] = [readNumber('seed', values.seed), readNumber('seeds', values.seeds)];
  const seeds = Array.from({ length: count }, (_, index) => String(first + index));
  if (values.trace) return traceAll(seeds);
  const startedAt = real.performance.now();
  const reports = await simulateAll(seeds, readNumber('workers', values.workers));
  summarize(reports, real.performance.now() - startedAt);
  const [failed] = reports.filter(({ violation }) => violation);
  if (failed) await explain(failed);
}

function readNumber(name: string, text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  console.error(`--${name}: expected a whole number from 0, got ${JSON.stringify(text)}`);
  process.exit(2);
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
async function simulateAll(seeds: readonly string[], workers: number): Promise<Report[]> {
  const reports: Report[] = [];
  let next = 0;
  const isFailed = (): boolean => reports.some((report) => report?.violation);
  const run = (child: ChildProcess): Promise<void> =>
    new Promise((resolve, reject) => {
      const sendNext = (): void => {
        if (next >= seeds.length || isFailed()) {
          child.disconnect();
          return resolve();
        }
        child.send(seeds[next++]!);
      };
      child.on('message', (report: Report) => {
        reports[seeds.indexOf(report.seed, 0)] = report;
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
  process.exitCode = 1;
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
