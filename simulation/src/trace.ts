/** The record of what happened in a simulation: its hash shows whether two runs did the same. */
export class Trace {
  readonly lines: string[] = [];
  readonly #keepsLines: boolean;
  #high = 0xdeadbeef;
  #low = 0x41c6ce57;

  constructor(keepsLines: boolean) {
    this.#keepsLines = keepsLines;
  }

  add(line: string): void {
    if (this.#keepsLines) this.lines.push(line);
    let [high, low] = [this.#high, this.#low];
    for (let i = 0; i < line.length; i++) {
      const code = line.charCodeAt(i);
      high = Math.imul(high ^ code, 2654435761);
      low = Math.imul(low ^ code, 1597334677);
    }
    this.#high = high ^ (low >>> 15);
    this.#low = low ^ (high >>> 13);
  }

  get hash(): string {
    const hex = (value: number): string => (value >>> 0).toString(16).padStart(8, '0');
    return hex(this.#high) + hex(this.#low);
  }
}
