import type { Exit } from './exit-codes.ts';

/** A command that cannot go on: what is wrong, and how the process ends for it. */
export class CliError extends Error {
  readonly exit: Exit;

  constructor(exit: Exit, message: string, cause?: unknown) {
    super(message, { cause });
    this.exit = exit;
  }
}

/** The caller has to write something else. */
export const usageError = (message: string): CliError => new CliError('usage', message);

/** The service is not where it should be. */
export const unreachable = (message: string, cause?: unknown): CliError =>
  new CliError('fault', message, cause);
