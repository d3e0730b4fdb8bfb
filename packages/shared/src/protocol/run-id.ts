/** What a run id may be: it names folders, keys and addresses. `latest` stands for whichever run is the newest. */
export const runIdPattern = /^(?!latest$)[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/**
 * A new run id such as `20261124-103015-k3f9`: UTC start time, then four letters or digits by chance
 * (36⁴ = 1.7 million, for runs that begin in the same second).
 */
export function newRunId(time: Date, random: () => number = Math.random): string {
  const [day, clock] = time.toISOString().split('T') as [string, string];
  const suffix = Array.from({ length: 4 }, () => Math.floor(random() * 36).toString(36)).join('');
  return `${day.replaceAll('-', '')}-${clock.slice(0, 8).replaceAll(':', '')}-${suffix}`;
}
