/** A stream that text goes to; those of a process are some. */
export interface Output {
  write(text: string | Uint8Array): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

/** What surrounds a command: its streams, its variables, its folder. */
export interface Terminal {
  readonly out: Output;
  readonly err: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/** Whether colours are welcome on a stream: https://no-color.org, and FORCE_COLOR as Node has it. */
export const hasColour = (
  stream: Pick<Output, 'isTTY'>,
  { env }: Pick<Terminal, 'env'>,
): boolean => {
  if (env['NO_COLOR']) return false;
  if (env['FORCE_COLOR'] !== undefined) return env['FORCE_COLOR'] !== '0';
  return stream.isTTY === true && env['TERM'] !== 'dumb';
};

const narrowest = 20;

/** Cells in a line; a file or pipe has room for all. */
export const widthOf = (stream: Output, { env }: Pick<Terminal, 'env'>): number => {
  const told = Number(env['COLUMNS']);
  const width = stream.isTTY ? stream.columns : told;
  return width ? Math.max(narrowest, width) : Number.POSITIVE_INFINITY;
};
