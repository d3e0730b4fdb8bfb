/**
 * Matches the characters of a run id, which is part of folder names, keys and URLs. It has no lookahead, because the
 * regular expressions of Go and Rust have none; `isRunId` also excludes the reserved word.
 */
export const runIdPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** The word that selects the newest run where a run id is expected. No run can have it as its id. */
export const latestRun = 'latest';

/** Returns whether a text is a valid run id. */
export const isRunId = (text: string): boolean => runIdPattern.test(text) && text !== latestRun;

/**
 * Creates a run id such as `20261124-103015-k3f9`: the start time in UTC, then four random letters or digits, which
 * distinguish runs that start in the same second (36⁴ = 1.7 million ids).
 */
export function newRunId(time: Date, random: () => number = Math.random): string {
  const [day, clock] = time.toISOString().split('T') as [string, string];
  const suffix = Array.from({ length: 4 }, () => Math.floor(random() * 36).toString(36)).join('');
  return `${day.replaceAll('-', '')}-${clock.slice(0, 8).replaceAll(':', '')}-${suffix}`;
}
