/** Limits beyond which old runs are deleted; an absent limit does not apply. */
export interface RetentionPolicy {
  /** Maximum time since the last event of a run was received, in milliseconds. */
  ageMs?: number;
  /** Maximum number of runs. */
  runs?: number;
  /** Maximum size of all runs together. */
  bytes?: number;
}

const hour = 3_600_000;
const ages: Record<string, number> = { h: hour, d: 24 * hour, w: 7 * 24 * hour };
const sizes: Record<string, number> = { kb: 1e3, mb: 1e6, gb: 1e9, tb: 1e12 };
const amount = /^(\d+(?:\.\d+)?)(h|d|w|runs?|kb|mb|gb|tb)$/i;

/** Parses a size such as `500MB` or `10GB`, in powers of 1,000; undefined for anything else, and for 0. */
export function parseSize(text: string): number | undefined {
  const [, number, unit = ''] = amount.exec(text.trim()) ?? [];
  const bytes = Number(number) * (sizes[unit.toLowerCase()] ?? Number.NaN);
  return bytes > 0 ? Math.floor(bytes) : undefined;
}

/**
 * Parses limits such as `30d,100runs,5GB`: ages in h, d or w; sizes in kB, MB, GB or TB (powers of 1,000). Returns
 * undefined for anything else, for a limit of 0, and for two limits of one kind.
 */
export function parseRetention(text: string): RetentionPolicy | undefined {
  const policy: RetentionPolicy = {};
  for (const part of text.split(',')) {
    const [, number, unit] = amount.exec(part.trim()) ?? [];
    if (number === undefined || unit === undefined) return undefined;
    const limit = toLimit(Number(number), unit.toLowerCase());
    const kind = Object.keys(limit)[0] as keyof RetentionPolicy;
    if (kind in policy || !(limit[kind]! > 0)) return undefined;
    Object.assign(policy, limit);
  }
  return policy;
}

function toLimit(number: number, unit: string): RetentionPolicy {
  if (unit in ages) return { ageMs: number * ages[unit]! };
  if (unit in sizes) return { bytes: number * sizes[unit]! };
  return { runs: Math.floor(number) };
}
