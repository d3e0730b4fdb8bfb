/** Text that is HTML already. */
export class Safe {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toString(): string {
    return this.text;
  }
}

type Part = string | number | Safe | readonly Part[];

/** A template whose parts are escaped, unless they are HTML already. */
export function html(strings: TemplateStringsArray, ...parts: Part[]): Safe {
  return new Safe(strings.reduce((text, string, index) => text + render(parts[index - 1]!) + string));
}

function render(part: Part): string {
  if (part instanceof Safe) return part.text;
  if (typeof part === 'object') return part.map(render).join('');
  return String(part).replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

export const code = (text: string): Safe => html`<code>${text}</code>`;

/** As much of Markdown as the documents have: paragraphs, tables and `code`. */
export function markdown(text: string): Safe[] {
  return text
    .split('\n\n')
    .map((block) => (block.startsWith('|') ? table(block) : html`<p>${inline(block)}</p>`));
}

function table(block: string): Safe {
  const [head = [], , ...rows] = block.split('\n').map((line) => line.slice(1, -1).split('|'));
  return html`<table>
<thead><tr>${head.map((cell) => html`<th>${inline(cell.trim())}</th>`)}</tr></thead>
<tbody>${rows.map((row) => html`<tr>${row.map((cell) => html`<td>${inline(cell.trim())}</td>`)}</tr>`)}</tbody>
</table>`;
}

/** Text in which `code` is marked. */
export const inline = (text: string): Part[] =>
  text.split('`').map((part, index) => (index % 2 === 1 ? code(part) : part));
