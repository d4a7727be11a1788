import type { Output } from '../terminal.ts';

const up = (lines: number): string => (lines > 0 ? `\u001b[${lines}A` : '');
const clearBelow = '\r\u001b[0J';
const hideCursor = '\u001b[?25l';
const showCursor = '\u001b[?25h';

/** The lower part of a terminal, drawn anew with every change; with `using`, the cursor comes back. */
export class LiveRegion {
  readonly #output: Output;
  #lines = 0;
  #last = '';

  constructor(output: Output) {
    this.#output = output;
    output.write(hideCursor);
  }

  /** The lines must be no wider than the terminal. */
  draw(lines: readonly string[]): void {
    const shown = lines.slice(0, Math.max(1, (this.#output.rows ?? lines.length + 1) - 1));
    const text = shown.map((line) => `${line}\n`).join('');
    if (text === this.#last) return;
    this.#output.write(up(this.#lines) + clearBelow + text);
    this.#lines = shown.length;
    this.#last = text;
  }

  /** Takes away what is drawn, for what comes after it. */
  clear(): void {
    this.draw([]);
  }

  [Symbol.dispose](): void {
    this.#output.write(showCursor);
  }
}
