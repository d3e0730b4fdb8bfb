/**
 * Returns the cell of a CSV file for a name that a publisher has chosen. A name that a spreadsheet would run as a formula gets an
 * apostrophe in front, as in the exports of the gateway.
 */
export function csvName(name: string): string {
  const text = /^\s*[=+\-@＝＋－＠]/.test(name) ? `'${name}` : name;
  return /[",;\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
