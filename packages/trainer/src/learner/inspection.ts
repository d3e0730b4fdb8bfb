import type { Inspection } from './learner.ts';

/** Joins arrays into one. */
export function concatenate(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Joins the inspections of several batches into one. @param parts At least one. */
export const joinInspections = (parts: readonly Inspection[]): Inspection => ({
  logits: concatenate(parts.map(({ logits }) => logits)),
  maxima: (parts[0]?.maxima ?? []).map((first, relu) =>
    first.map((value, unit) =>
      parts.reduce((largest, { maxima }) => Math.max(largest, maxima[relu]?.[unit] as number), value),
    ),
  ),
});
