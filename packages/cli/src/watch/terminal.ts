import { encodeLine, type Line, type TerminalFeatures } from './text.ts';

/** The output of a terminal, as this program uses it. */
export interface TerminalOutput {
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): boolean;
}

/** The screen of a terminal: writes only the lines that have changed. */
export class Screen {
  readonly #output: TerminalOutput;
  readonly #features: TerminalFeatures;
  #shown: string[] = [];

  constructor(output: TerminalOutput, features: TerminalFeatures) {
    this.#output = output;
    this.#features = features;
  }

  get size(): { columns: number; rows: number } {
    return { columns: this.#output.columns || 80, rows: this.#output.rows || 24 };
  }

  /**
   * Switches to the terminal's second screen, so that the first one is unchanged at the end, lets it mark pasted text, hides the cursor,
   * and ends long lines at the edge: a terminal may show a character wider than expected.
   */
  open(): void {
    this.#output.write('\x1b[?1049h\x1b[?2004h\x1b[?25l\x1b[?7l\x1b[2J');
    this.#shown = [];
  }

  close(): void {
    this.#output.write('\x1b[?7h\x1b[?2004l\x1b[?25h\x1b[?1049l');
  }

  /** Forgets what the terminal shows, after its size has changed. */
  clear(): void {
    this.#output.write('\x1b[2J');
    this.#shown = [];
  }

  show(lines: readonly Line[]): void {
    const { columns } = this.size;
    let text = '';
    lines.forEach((line, row) => {
      const encoded = encodeLine(line, columns, this.#features);
      if (this.#shown[row] === encoded) return;
      this.#shown[row] = encoded;
      // The line is erased first: after the last column, the cursor is still on it, and its character would be erased.
      text += `\x1b[${row + 1};1H\x1b[K${encoded}`;
    });
    if (text) this.#output.write(text);
  }
}
