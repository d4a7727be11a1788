import { CommanderError } from 'commander';
import { ProblemError } from '../../../contract/client.ts';
import type { Problem } from '../../../contract/problem-document.ts';
import { CliError } from './cli-error.ts';
import type { Exit } from './exit-codes.ts';
import { remedies } from './remedies.ts';

/** An error as its user meets it: sentences, and the same as JSON. */
export interface Explained {
  readonly exit: Exit;
  readonly lines: readonly string[];
  readonly document: Readonly<Record<string, unknown>>;
}

/** The one place where errors become exit codes and words. */
export const explain = (error: unknown): Explained => {
  if (error instanceof ProblemError) return explainProblem(error);
  if (error instanceof CliError) return plain(error.exit, error.message);
  // Commander has written its own words by then.
  if (error instanceof CommanderError) {
    return { ...plain(error.exitCode === 0 ? 'ok' : 'usage', error.message), lines: [] };
  }
  if (isUnknownAnswer(error)) return plain('fault', unknownAnswer);
  return plain('fault', error instanceof Error ? error.message : String(error));
};

const plain = (exit: Exit, message: string): Explained => ({
  exit,
  lines: [message],
  document: { error: exit, detail: message },
});

const explainProblem = ({ name, problem }: ProblemError): Explained => {
  const remedy = remedies[name];
  return {
    exit: problem.status >= 500 ? 'fault' : 'refused',
    lines: [
      `${problem.title} (${name})`,
      ...(problem.detail === problem.title ? [] : [`  ${problem.detail}`]),
      ...(problem.errors ?? []).map((fault) => `  ${placeOf(fault)}: ${fault.detail}`),
      ...(problem.instance === undefined ? [] : [`  request ${problem.instance}`]),
      ...(remedy === undefined ? [] : [`→ ${remedy}`]),
    ],
    document: { ...problem },
  };
};

type Fault = NonNullable<Problem['errors']>[number];

const placeOf = ({ pointer, line, column }: Fault): string => {
  const position = [line, column].filter((part) => part !== undefined).join(':');
  return position === '' ? pointer || '/' : `${pointer} line ${position}`;
};

/** What the route table cannot read comes from a service of another version. */
const isUnknownAnswer = (error: unknown): boolean =>
  error instanceof Error && error.name === '$ZodError';

const unknownAnswer =
  'the service answers what this version of fanfold does not understand; `fanfold doctor` compares the two versions';
