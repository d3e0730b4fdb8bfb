import type { Finding } from './findings.ts';
import type { Run } from './run.ts';

/** Watches the findings of the followed run for warnings and errors that occur while the page is open. */
export class Alerts {
  /**
   * The latest warning or error that occurred while the page was open, still holds and was not dismissed; null without
   * one.
   */
  current: Finding | null = null;
  #run: Run | null = null;
  /** Whether all stored events of the run have arrived: what is found before is the past of the run. */
  #isWatching = false;
  #findings: readonly Finding[] = [];
  readonly #known = new Set<string>();

  /**
   * Returns the warnings and errors that have occurred since the last call, oldest first; those of the run's past are
   * left out. Notes are for the list of notices: most describe a change that the page shows and announces anyway.
   */
  update(run: Run | null, findings: readonly Finding[], caughtUp: boolean): readonly Finding[] {
    if (run !== this.#run) {
      this.current = null;
      this.#isWatching = false;
      this.#known.clear();
    }
    if (run === this.#run && findings === this.#findings) {
      this.#isWatching ||= caughtUp;
      return [];
    }
    this.#run = run;
    this.#findings = findings;
    const serious = findings.filter(isSerious);
    const fresh = serious.filter((finding) => !this.#known.has(keyOf(finding)));
    for (const finding of fresh) this.#known.add(keyOf(finding));
    if (!this.#isWatching) {
      this.#isWatching = caughtUp;
      return [];
    }
    const currentKey = this.current && keyOf(this.current);
    this.current = fresh.at(-1) ?? serious.find((finding) => keyOf(finding) === currentKey) ?? null;
    return fresh;
  }
}

// Two notices of one moment may have the same code.
const keyOf = ({ code, step, time, message }: Finding): string => `${code} ${step} ${time} ${message}`;

const isSerious = ({ level }: Finding): boolean => level !== 'info';

/** Returns the latest error of a run or, without one, its latest warning; undefined without either. */
export const mostSerious = (findings: readonly Finding[]): Finding | undefined =>
  findings.findLast(({ level }) => level === 'error') ?? findings.findLast(isSerious);
