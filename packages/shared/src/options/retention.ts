/** How much of the past is kept: what is left out does not limit. */
export interface RetentionPolicy {
  /** Since a run's last event. */
  ageMs?: number;
  runs?: number;
  bytes?: number;
}

const hour = 3_600_000;
const ages: Record<string, number> = { h: hour, d: 24 * hour, w: 7 * 24 * hour };
const sizes: Record<string, number> = { kb: 1e3, mb: 1e6, gb: 1e9, tb: 1e12 };
const amount = /^(\d+(?:\.\d+)?)(h|d|w|runs?|kb|mb|gb|tb)$/i;

/** Reads `30d,100runs,5GB`, or any part of it, each kind once; undefined when it does not fit. */
export function parseRetention(text: string): RetentionPolicy | undefined {
  const keep: RetentionPolicy = {};
  for (const part of text.split(',')) {
    const [, number, unit] = amount.exec(part.trim()) ?? [];
    if (number === undefined || unit === undefined) return undefined;
    const one = limit(Number(number), unit.toLowerCase());
    const kind = Object.keys(one)[0] as keyof RetentionPolicy;
    if (kind in keep || !(one[kind]! > 0)) return undefined;
    Object.assign(keep, one);
  }
  return keep;
}

function limit(number: number, unit: string): RetentionPolicy {
  if (unit in ages) return { ageMs: number * ages[unit]! };
  if (unit in sizes) return { bytes: number * sizes[unit]! };
  return { runs: Math.floor(number) };
}
