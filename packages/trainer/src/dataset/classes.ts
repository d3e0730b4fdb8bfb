import { characterCount, eventLimits, MonitorError } from '@mnist-monitor/shared';

const { minClasses, maxClasses, className: maxLength } = eventLimits;

const digits = [...'0123456789'];
const capitals = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
const merged = [...digits, ...capitals, ...'abdefghnqrt'];

/** The names of MNIST's classes, which are also used for runs that began before runs stored their classes. */
export const mnistClasses: readonly string[] = digits;

/** The names of EMNIST's classes, by its split (Cohen et al. 2017). Balanced and bymerge merge letters that look alike. */
export const emnistClasses: Readonly<Record<string, readonly string[]>> = {
  balanced: merged,
  bymerge: merged,
  byclass: [...digits, ...capitals, ...capitals.map((letter) => letter.toLowerCase())],
  letters: capitals,
  digits,
  mnist: digits,
};

/** The names of Fashion-MNIST's classes (Xiao et al. 2017). */
export const fashionClasses: readonly string[] = [
  'T-shirt/top',
  'Trouser',
  'Pullover',
  'Dress',
  'Coat',
  'Sandal',
  'Shirt',
  'Sneaker',
  'Bag',
  'Ankle boot',
];

/**
 * Parses a file with the name of one class a line, the class 0 first. The file is in UTF-8, or in UTF-16 with a byte order
 * mark, as Windows writes it.
 * @param path Path of the file, for the error.
 * @throws MonitorError `classes.invalid`
 */
export function parseClassNames(file: Uint8Array, path: string): string[] {
  const names = decodeText(file, path)
    .trimEnd()
    .split(/\r\n?|\n/)
    .map((line) => line.trim());
  const fail = (expected: string, actual: string): never => {
    throw invalidClasses(`--classes: expected ${expected} in ${path}, got ${actual}`);
  };
  if (names.length < minClasses || names.length > maxClasses)
    fail(
      `${minClasses} to ${maxClasses} names, one a line,`,
      names.join('') === '' ? 'nothing' : String(names.length),
    );
  names.forEach((name, at) => {
    if (name === '') fail(`a name in line ${at + 1}`, 'an empty line');
    const [control] = /\p{Cc}/u.exec(name) ?? [];
    if (control !== undefined)
      fail(
        `text in UTF-8 in line ${at + 1}`,
        `the control character ${control.charCodeAt(0)}; save the file as UTF-8`,
      );
    const length = characterCount(name);
    if (length > maxLength) fail(`at most ${maxLength} characters in line ${at + 1}`, String(length));
    const first = names.indexOf(name);
    if (first !== at) fail('different names', `${JSON.stringify(name)} in lines ${first + 1} and ${at + 1}`);
  });
  return names;
}

/** Decodes a text, in the encoding of its byte order mark or else in UTF-8. */
function decodeText(file: Uint8Array, path: string): string {
  const [first, second] = file;
  const encoding =
    first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(file);
  } catch {
    throw invalidClasses(
      `--classes: expected text in UTF-8 in ${path}, got bytes of another encoding; save the file as UTF-8`,
    );
  }
}

/**
 * Returns names for classes that have none: the numbers from 0 to the largest label.
 * @throws MonitorError `classes.invalid` when there are fewer than 2 or more than 1,000 classes.
 */
export function numberedClasses(largestLabel: number, where: string): string[] {
  const count = largestLabel + 1;
  if (count < minClasses || count > maxClasses)
    throw invalidClasses(
      `${where}: expected labels of ${minClasses} to ${maxClasses} classes, from 0 to at most ${maxClasses - 1}, got ${largestLabel} as the largest label`,
    );
  return Array.from({ length: count }, (_, label) => String(label));
}

/** Creates the error for class names or labels that are invalid. */
export const invalidClasses = (message: string): MonitorError => new MonitorError('classes.invalid', message);
