/**
 * Matches control characters (C0 except tab and line feed, DEL, C1) and characters that reorder or hide text. With these,
 * text from outside could move the cursor of a terminal, or display something other than its content.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: matches control characters on purpose.
const invisible = /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** Replaces control and invisible characters of a text by escapes such as `\u001b`, for a console or a log. */
export const printable = (text: string): string =>
  text.replace(invisible, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** Replaces the characters that `printable` replaces, and line breaks, such as those in names of files. */
export const printableLine = (text: string): string => printable(text).replaceAll('\n', '\\n');

/**
 * Returns an address without user name and password, for messages and logs. Of a text that is no address, the part up to its last
 * `@` is left out, because it may be a password.
 */
export function withoutCredentials(address: string): string {
  if (!address.includes('@')) return address;
  const url = /^[a-z][a-z\d+.-]*:\/\//i.test(address) && URL.canParse(address) ? new URL(address) : undefined;
  if (!url) return address.replace(/^.*@/s, '…@');
  if (url.username === '' && url.password === '') return address;
  url.username = '';
  url.password = '';
  return url.href;
}
