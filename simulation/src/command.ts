import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { describePlan } from './describe-plan.ts';
import { drawPlan, type Plan } from './plan.ts';
import { copyWith, plants } from './plants.ts';
import { real } from './real-time.ts';
import { shrink } from './shrink.ts';
import { Trace } from './trace.ts';
import type { Outcome, SimulateOptions, simulate } from './world.ts';

const help = `Runs the publisher, the gateways and the live client in simulated time, with faults, and checks their promises.

npm run simulate -- [options]

  --seeds N      number of simulations (100)
  --seed S       the first seed; the others follow (1)
  --workers W    processes that simulate at a time (one for each core)
  --all          go on after a failure, and list every failing seed
  --plants NAME  look for planted faults whose names contain NAME, or for all of them with NAME all; with --all, count the seeds
                 that find each
  --plan FILE    run the plan in a file, as written after a failure, instead of those of seeds
  --trace        print everything that happens in each simulation
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
      plan: { type: 'string' },
      worker: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(help);
    return;
  }
  if (values.plants !== undefined) return findPlants(values.plants, values);
  if (values.worker) return work(await loadSimulate());
  const [first, count] = [readNumber('seed', values.seed), readNumber('seeds', values.seeds)];
  const seeds = Array.from({ length: count }, (_, index) => String(first + index));
  if (values.plan !== undefined) return runPlans([readPlan(values.plan)], { keepsTrace: values.trace });
  if (values.trace) return runPlans(seeds.map(drawPlan), { keepsTrace: true });
  const startedAt = real.performance.now();
  const workers = readNumber('workers', values.workers);
  const reports = await simulateAll(seeds, { workers, goesOn: values.all }).catch((error: Error) => {
    console.error(error.message);
    process.exit(1);
  });
  summarize(reports, real.performance.now() - startedAt);
  const failed = reports.filter(({ violation }) => violation);
  if (failed.length > 0) process.exitCode = 1;
  if (values.all || values.brief) for (const report of failed) console.log(`✗ ${describe(report)}`);
  else if (failed[0]) await explain(failed[0]);
}

/** Loads the programs, which takes a second that the process of the workers does not need. */
async function loadSimulate(): Promise<typeof simulate> {
  const { simulate } = await import('./world.ts');
  // Some modules are loaded on first use and read the clock then: not within the first simulation.
  await simulate(drawPlan('warm-up'));
  return simulate;
}

function readNumber(name: string, text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  console.error(`--${name}: expected a whole number from 0, got ${JSON.stringify(text)}`);
  process.exit(2);
}

function readPlan(path: string): Plan {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Plan;
  } catch (error) {
    console.error(`--plan: expected the file of a plan: ${(error as Error).message}`);
    process.exit(2);
  }
}

/** Looks for each planted fault, and prints the seed that finds it; with `all`, how many of the seeds find it, and by which rules. */
async function findPlants(
  pattern: string,
  { seed, seeds, workers, all }: { seed: string; seeds: string; workers: string; all: boolean },
): Promise<void> {
  const chosen = plants.filter(({ name }) => pattern === 'all' || name.includes(pattern));
  for (const plant of chosen) {
    const startedAt = real.performance.now();
    const copy = copyWith(plant);
    try {
      const command = [
        join(copy, 'simulation/dist/main.js'),
        ...['--seed', seed, '--seeds', seeds, '--workers', workers, all ? '--all' : '--brief'],
      ];
      const { stdout } = spawnSync(process.execPath, command, { encoding: 'utf8', maxBuffer: 1e9 });
      const failures = [...stdout.matchAll(/^✗ (seed \d+: .*)\n +(.*?): (.*)$/gm)];
      const [first] = failures;
      const seconds = ((real.performance.now() - startedAt) / 1_000).toFixed(1);
      if (!first) process.exitCode = 1;
      const count = all ? `${failures.length} of ${seeds} seeds, ` : '';
      console.log(
        first ? `✓ found in ${seconds} s: ${plant.name}` : `✗ not found in ${seconds} s: ${plant.name}`,
      );
      console.log(first ? `    ${count}${first[1]}\n    ${first[2]}: ${first[3]}` : `    ${stdout.trim()}`);
      if (all) console.log(`    rules: ${countsOf(failures.map(([, , rule]) => rule!))}`);
    } finally {
      rmSync(copy, { recursive: true });
    }
  }
}

/** Returns how often each name occurs, as text. */
function countsOf(names: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].map(([name, count]) => `${name} ${count}`).join(', ');
}

/** Simulates each seed that the parent process sends, and sends the outcome back. */
function work(run: typeof simulate): void {
  process.on('message', async (seed: string) => {
    const { trace: _, ...report } = await run(drawPlan(seed));
    process.send?.(report);
  });
  process.on('disconnect', () => process.exit());
}

async function runPlans(plans: readonly Plan[], options: SimulateOptions): Promise<void> {
  const run = await loadSimulate();
  for (const plan of plans) {
    const { trace, ...report } = await run(plan, options);
    for (const line of trace) console.log(line);
    console.log(describe(report));
    if (report.violation) process.exitCode = 1;
  }
}

/** The memory in which V8 keeps new objects: a simulation ends before most of its objects have to be copied out of it. */
const youngHeapMb = 64;

/** The time after which a simulation counts as hanging in a loop: far more than the slowest takes on a busy machine. */
const hangMs = 300_000;

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
      let index = 0;
      let timer: NodeJS.Timeout | undefined;
      const sendNext = (): void => {
        clearTimeout(timer);
        if (next >= seeds.length || (isFailed && !goesOn)) {
          child.disconnect();
          return resolve();
        }
        index = next++;
        timer = setTimeout(() => {
          child.kill();
          reject(new Error(`seed ${seeds[index]} has not ended after ${hangMs / 1_000} s`));
        }, hangMs);
        child.send(seeds[index]!);
      };
      child.on('message', (report: Report) => {
        reports[index] = report;
        isFailed ||= report.violation !== undefined;
        sendNext();
      });
      child.on('error', reject);
      child.on('exit', (code) => (code ? reject(new Error(`a worker ended with code ${code}`)) : resolve()));
      sendNext();
    });
  const children = Array.from({ length: Math.max(1, Math.min(workers, seeds.length)) }, () =>
    fork(process.argv[1]!, ['--worker'], { execArgv: [`--max-semi-space-size=${youngHeapMb}`] }),
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
      `${sum(({ stats }) => stats.connections)} connections, ${sum(({ stats }) => stats.gaps)} gaps, ${sum(({ stats }) => stats.commands)} commands, ${sum(({ stats }) => stats.effects)} executed`,
  );
  const [first, last] = [reports[0]?.seed, reports.at(-1)?.seed];
  console.log(`hash of the traces of the seeds ${first} to ${last}: ${hash.hash}`);
}

const describe = ({ seed, hash, violation, steps }: Omit<Report, 'stats'>): string =>
  `seed ${seed}: ${steps} steps, trace ${hash}${violation ? `\n  ${violation.rule}: ${violation.message}` : ''}`;

/** Number of lines of a trace that are printed after a failure. */
const shownLines = 40;

/** Prints how a simulation has failed: the smallest plan that fails by the same rule, and the end of its trace. */
async function explain({ seed, violation }: Report): Promise<void> {
  const whole = drawPlan(seed);
  console.log(`\n✗ Seed ${seed} breaks the rule “${violation!.rule}”: ${violation!.message}\n`);
  const run = await loadSimulate();
  const failsAlike = async (plan: Plan): Promise<boolean> =>
    (await run(plan)).violation?.rule === violation!.rule;
  const { plan, tries } = await shrink(whole, failsAlike);
  const outcome = await run(plan, { keepsTrace: true });
  const file = join(tmpdir(), `simulation-${seed}.json`);
  writeFileSync(file, JSON.stringify(plan, undefined, 1));
  console.log(
    `Shrunk from ${whole.actions.length} actions to ${plan.actions.length} by ${tries} simulations:\n`,
  );
  for (const line of describePlan(plan)) console.log(`  ${line}`);
  // Heartbeats hide the rest, and fail nothing.
  const lines = outcome.trace.filter((line) => !line.includes('"type":"heartbeat"'));
  console.log(
    `\nThe last ${Math.min(shownLines, lines.length)} of ${lines.length} lines of its trace (ms, connection, > to a gateway, < from it):\n`,
  );
  for (const line of lines.slice(-shownLines)) console.log(`  ${line}`);
  console.log(`\nThe shrunk plan:  npm run simulate -- --plan ${file} --trace`);
  console.log(`The whole plan:   npm run simulate -- --seed ${seed} --seeds 1 --trace`);
}
