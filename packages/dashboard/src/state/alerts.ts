import type { Finding } from './findings.ts';
import type { Run } from './run.ts';

/** Watches the findings of the followed run for those that occur while the page is open. */
export class Alerts {
  /** The latest warning or error that occurred while the page was open and was not dismissed; null without one. */
  current: Finding | null = null;
  #run: Run | null = null;
  /** Whether all stored events of the run have arrived: what is found before is the past of the run. */
  #isWatching = false;
  #findings: readonly Finding[] = [];
  readonly #known = new Set<string>();

  /** Returns the findings that have occurred since the last call, oldest first; those of the run's past are left out. */
  update(run: Run | null, findings: readonly Finding[], caughtUp: boolean): readonly Finding[] {
    if (run !== this.#run) {
      this.current = null;
      this.#isWatching = false;
      this.#known.clear();
    }
    const isUnchanged = run === this.#run && findings === this.#findings;
    this.#run = run;
    this.#findings = findings;
    const fresh = isUnchanged ? [] : findings.filter((finding) => !this.#known.has(keyOf(finding)));
    for (const finding of fresh) this.#known.add(keyOf(finding));
    if (!this.#isWatching) {
      this.#isWatching = caughtUp;
      return [];
    }
    this.current = fresh.findLast(isSerious) ?? this.current;
    return fresh;
  }
}

const keyOf = ({ code, step, time }: Finding): string => `${code} ${step} ${time}`;

const isSerious = ({ level }: Finding): boolean => level !== 'info';

/** Returns the latest error of a run or, without one, its latest warning; undefined without either. */
export const mostSerious = (findings: readonly Finding[]): Finding | undefined =>
  findings.findLast(({ level }) => level === 'error') ?? findings.findLast(isSerious);
