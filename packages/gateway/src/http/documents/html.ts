/** A piece of HTML, which the `html` tag inserts without escaping it. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toString(): string {
    return this.text;
  }
}

type Content = string | number | Html | readonly Content[];

/** Makes HTML from a template: escapes each value that is not `Html` already, and joins the elements of arrays. */
export function html(strings: TemplateStringsArray, ...values: Content[]): Html {
  return new Html(strings.reduce((text, string, index) => text + toText(values[index - 1]!) + string));
}

function toText(value: Content): string {
  if (value instanceof Html) return value.text;
  if (typeof value === 'object') return value.map(toText).join('');
  return String(value).replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

export const code = (text: string): Html => html`<code>${text}</code>`;

/** Converts the Markdown that the documents use: paragraphs, tables and `code`. */
export function markdown(text: string): Html[] {
  return text
    .split('\n\n')
    .map((block) => (block.startsWith('|') ? markdownTable(block) : html`<p>${inlineCode(block)}</p>`));
}

function markdownTable(block: string): Html {
  const [head = [], , ...rows] = block.split('\n').map((line) => line.slice(1, -1).split('|'));
  return table(
    head.map((cell) => cell.trim()),
    rows.map((row) => row.map((cell) => inlineCode(cell.trim()))),
  );
}

export function table(head: string[], rows: Content[][]): Html {
  return html`<table>
<thead><tr>${head.map((cell) => html`<th>${cell}</th>`)}</tr></thead>
<tbody>${rows.map((row) => html`<tr>${row.map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody>
</table>`;
}

/** Marks the parts of a text that are between backquotes as code. */
export const inlineCode = (text: string): Content[] =>
  text.split('`').map((part, index) => (index % 2 === 1 ? code(part) : part));
