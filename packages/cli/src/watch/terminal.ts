import { encodeLine, type Line } from './text.ts';

/** The output of a terminal, as this program uses it. */
export interface TerminalOutput {
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): boolean;
}

/** The screen of a terminal: writes only the lines that have changed. */
export class Screen {
  readonly #output: TerminalOutput;
  readonly #hasColours: boolean;
  #shown: string[] = [];

  constructor(output: TerminalOutput, { hasColours }: { hasColours: boolean }) {
    this.#output = output;
    this.#hasColours = hasColours;
  }

  get size(): { columns: number; rows: number } {
    return { columns: this.#output.columns || 80, rows: this.#output.rows || 24 };
  }

  /** Switches to the terminal's second screen, so that the first one is unchanged at the end, lets it mark pasted text, and hides the cursor. */
  open(): void {
    this.#output.write('\x1b[?1049h\x1b[?2004h\x1b[?25l\x1b[2J');
    this.#shown = [];
  }

  close(): void {
    this.#output.write('\x1b[?2004l\x1b[?25h\x1b[?1049l');
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
      const encoded = encodeLine(line, columns, this.#hasColours);
      if (this.#shown[row] === encoded) return;
      this.#shown[row] = encoded;
      text += `\x1b[${row + 1};1H${encoded}\x1b[K`;
    });
    if (text) this.#output.write(text);
  }
}
