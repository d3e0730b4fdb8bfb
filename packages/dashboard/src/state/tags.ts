import { eventLimits } from '@mnist-monitor/shared/browser';

/** Returns the tags of a text that separates them by commas, each once: "a, b,a" becomes ["a", "b"]. */
export const parseTags = (text: string): string[] => [
  ...new Set(
    text
      .split(',')
      .map((tag) => tag.trim())
      .filter(Boolean),
  ),
];

/** Returns the tags as a text that `parseTags` reads. */
export const tagsText = (tags: readonly string[]): string => tags.join(', ');

/** Returns what is wrong with the number or the length of tags; empty when a run may have these tags. */
export function tagsProblem(tags: readonly string[]): string {
  if (tags.length > eventLimits.tags)
    return `Tags: expected at most ${eventLimits.tags}, separated by commas, got ${tags.length}.`;
  const long = tags.find((tag) => tag.length > eventLimits.tag);
  if (long === undefined) return '';
  return `Tags: expected at most ${eventLimits.tag} characters in each, got ${long.length} in “${long.slice(0, eventLimits.tag)}…”. Separate tags by commas.`;
}
