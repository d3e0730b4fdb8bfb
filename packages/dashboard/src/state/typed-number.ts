/** A number with a decimal comma: "0,01". With three digits behind it, the comma may separate thousands. */
const decimalComma = /^[+-]?(?:0,\d+|\d+,\d{1,2}|\d+,\d{4,})(?:e[+-]?\d+)?$/i;

/**
 * Returns the number that was typed into a field for one number, with a decimal point or comma; NaN if the text is empty, no number
 * or unclear. A field of the type `number` would ignore the comma: "0,01" would become 1.
 */
export function typedNumber(text: string): number {
  const trimmed = text.trim();
  if (trimmed === '') return Number.NaN;
  return Number(decimalComma.test(trimmed) ? trimmed.replace(',', '.') : trimmed);
}
