/* Cells of a notebook, as executed by `execute_notebook.py` or as committed. */

export interface Cell {
  readonly source: string | readonly string[];
  readonly outputs: readonly Output[];
}

/** What came of a cell, with how many messages of each kind its kernel sent. */
export interface ExecutedCell extends Cell {
  readonly messages: Readonly<Record<string, number>>;
}

interface Output {
  readonly output_type: string;
  readonly text?: string | readonly string[];
  readonly data?: Readonly<Record<string, string | readonly string[]>>;
}

const joined = (lines: string | readonly string[] | undefined): string =>
  typeof lines === 'string' ? lines : (lines ?? []).join('');

export const plainText = ({ outputs }: Pick<Cell, 'outputs'>): string =>
  outputs.map(({ text, data }) => joined(text ?? data?.['text/plain'])).join('');

export const cellWith = <C extends Cell>(words: string, cells: readonly C[]): C => {
  const found = cells.find(({ source }) => joined(source).includes(words));
  if (!found) throw new Error(`no cell has ${words}`);
  return found;
};
