/** Matches valid run ids, which are part of folder names, keys and URLs. `latest` is reserved for the newest run. */
export const runIdPattern = /^(?!latest$)[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/**
 * Creates a run id such as `20261124-103015-k3f9`: the start time in UTC, then four random letters or digits, which
 * distinguish runs that start in the same second (36⁴ = 1.7 million ids).
 */
export function newRunId(time: Date, random: () => number = Math.random): string {
  const [day, clock] = time.toISOString().split('T') as [string, string];
  const suffix = Array.from({ length: 4 }, () => Math.floor(random() * 36).toString(36)).join('');
  return `${day.replaceAll('-', '')}-${clock.slice(0, 8).replaceAll(':', '')}-${suffix}`;
}
