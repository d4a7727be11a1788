/** Says how far the bench has come, beside its table. */
export const progress = (line: string): void => {
  process.stderr.write(`${line}\n`);
};
