/**
 * Control characters (C0 but tab and line feed, DEL, C1), and those that reorder or hide text: with them, text of another
 * program could move the cursor of a terminal, or show something else than it contains.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are meant.
const invisible = /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** Returns a text for a console or a log, with `\u001b` and the like in place of characters that act on it or hide. */
export const printable = (text: string): string =>
  text.replace(invisible, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
