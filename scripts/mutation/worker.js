// Runs tests in a copy of the project, with and without mutants.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { applyMutant, instrument } from './mutants.js';
import { createCopy, removeCopy } from './project-copy.js';

const program = fileURLToPath(new URL('test-process.js', import.meta.url));
/** The time limit of a test file: this and four times what it takes without mutants. */
const minLimitMs = 5_000;

export class Worker {
  #copy = createCopy();
  #process;
  #maxTests;
  /** The code of the files that mutants may change. */
  #codes;
  #baselines;
  #detections;

  /**
   * @param files The files that mutants may change.
   * @param maxTests The number of test files to try for a mutant.
   * @param baselines The results of test files without mutants, which workers share.
   * @param detections The number of mutants of each folder that a test file has detected, and its time, which workers share.
   */
  constructor({ files, maxTests, baselines, detections }) {
    this.#codes = new Map(files.map((file) => [file, readFileSync(join(this.#copy, file), 'utf8')]));
    this.#maxTests = maxTests;
    this.#baselines = baselines;
    this.#detections = detections;
  }

  /**
   * Runs the first tests that reach a mutant until one fails: those that have detected the most mutants of the folder for their time,
   * then the others in the given order.
   */
  async run({ file, ...mutant }, tests) {
    const reaching = [];
    const key = (test) => `${dirname(file)} ${test}`;
    const detected = (test) => this.#detections.get(key(test))?.count ?? 0;
    const rate = (test) => detected(test) / (this.#detections.get(key(test))?.ms ?? 1);
    for (const test of tests.slice(0, this.#maxTests).toSorted((a, b) => rate(b) - rate(a))) {
      const baseline = await this.#baseline(test);
      if (!baseline.hasPassed || !baseline.reached.has(`${file}:${mutant.block}`)) continue;
      reaching.push(test);
      const outcome = await this.#changed(file, mutant, test, minLimitMs + 4 * baseline.ms);
      if (!outcome) continue;
      this.#detections.set(key(test), { count: detected(test) + 1, ms: baseline.ms });
      return { ...outcome, tests: reaching };
    }
    return { status: 'survived', tests: reaching };
  }

  async #changed(file, mutant, test, limitMs) {
    const code = this.#codes.get(file);
    writeFileSync(join(this.#copy, file), applyMutant(code, mutant));
    try {
      const result = await this.#test(test, limitMs);
      if (!result) return { status: 'timed out' };
      return result.hasPassed ? undefined : { status: 'killed', failure: result.failureMessage };
    } finally {
      writeFileSync(join(this.#copy, file), code);
    }
  }

  /** Runs a test file without mutants: whether it passes, its time, and the blocks that it reaches. */
  #baseline(test) {
    if (!this.#baselines.has(test)) this.#baselines.set(test, this.#measure(test));
    return this.#baselines.get(test);
  }

  async #measure(test) {
    const reachedFile = join(this.#copy, 'reached');
    writeFileSync(reachedFile, '', { mode: 0o666 });
    for (const [file, code] of this.#codes)
      writeFileSync(join(this.#copy, file), instrument(code, file, reachedFile));
    const start = performance.now();
    const result = await this.#test(test, 300_000);
    const ms = performance.now() - start;
    for (const [file, code] of this.#codes) writeFileSync(join(this.#copy, file), code);
    return {
      hasPassed: result?.hasPassed ?? false,
      ms,
      reached: new Set(readFileSync(reachedFile, 'utf8').split('\n')),
    };
  }

  /** Runs a test file and returns its result; undefined when it exceeds the time limit or ends its process. */
  async #test(test, limitMs) {
    this.#process ??= await startTestProcess(this.#copy);
    const child = this.#process;
    child.send(join(this.#copy, test));
    const ended = new AbortController();
    const { signal } = ended;
    const [result] = await Promise.race([
      once(child, 'message', { signal }),
      once(child, 'exit', { signal }).then(() => []),
      delay(limitMs, [], { signal }),
    ]);
    ended.abort();
    if (!result?.isReusable) this.#stop();
    return result;
  }

  #stop() {
    if (!this.#process) return;
    // The group includes the programs that tests have started.
    try {
      process.kill(-this.#process.pid, 'SIGKILL');
    } catch {} // It has ended.
    this.#process = undefined;
  }

  close() {
    this.#stop();
    removeCopy(this.#copy);
  }
}

async function startTestProcess(copy) {
  const temporary = join(copy, 'tmp');
  rmSync(temporary, { recursive: true, force: true });
  mkdirSync(temporary);
  chmodSync(temporary, 0o777); // Tests start programs as another user.
  const child = fork(program, [], {
    cwd: copy,
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    execArgv: ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
    env: { ...process.env, TMPDIR: temporary },
  });
  await once(child, 'message');
  return child;
}
