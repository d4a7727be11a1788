import { expect, test } from 'vitest';
import { ProblemError } from '../../../contract/client.ts';
import { problemOf, problemTypes } from '../../../contract/problem.ts';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';
import { explain } from './explain.ts';
import { main } from './main.ts';
import { remedies } from './remedies.ts';

const run = async (...words: readonly string[]) => {
  const told = { out: '', err: '' };
  const into = (name: 'out' | 'err') => ({
    write: (text: string | Uint8Array) => {
      told[name] += text;
    },
  });
  const terminal = { out: into('out'), err: into('err'), env: {}, cwd: '/' };
  const code = await main(words, terminal, new AbortController().signal);
  return { code, ...told };
};

test.each([
  [['--help'], exitCodes.ok],
  [['--version'], exitCodes.ok],
  [['fit', '--help'], exitCodes.ok],
  [['rusn'], exitCodes.usage],
  [['stop'], exitCodes.usage],
  [['stop', 'one'], exitCodes.usage],
  [['stop', '1', '--forever'], exitCodes.usage],
  [['results', '--format', 'xml'], exitCodes.usage],
  [['fit', '/there/is/no/such/file.yaml'], exitCodes.usage],
  [['runs'], exitCodes.fault],
])('fanfold %j ends with %i', async (words, code) => {
  expect(await run(...words)).toMatchObject({ code });
});

test('a misspelt command says which was meant, once, and nothing goes to standard output', async () => {
  const { out, err } = await run('rusn');
  expect(out).toBe('');
  expect(err.match(/unknown command/g)).toHaveLength(1);
  expect(err).toContain('Did you mean runs?');
});

test('with --json the last line of standard error says in JSON what is wrong', async () => {
  const { out, err } = await run('runs', '--json');
  expect(out).toBe('');
  expect(JSON.parse(err.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({ error: 'fault' });
});

test('a problem is told with its title, detail, places and remedy, and without a stack', () => {
  const faults = [
    { pointer: '/mlConfig/train/optimizer/name', detail: 'unknown' },
    { pointer: '/mlSpec/source', detail: 'invalid syntax', line: 3, column: 7 },
  ];
  const problem = problemOf('invalid-config', 'two knobs are wrong', faults);
  const { exit, lines, document } = explain(new ProblemError(problem));
  expect(exit).toBe('refused');
  expect(lines).toEqual([
    'The config is not valid (invalid-config)',
    '  two knobs are wrong',
    '  /mlConfig/train/optimizer/name: unknown',
    '  /mlSpec/source line 3:7: invalid syntax',
    '→ mend the knob and say it again; nothing was started',
  ]);
  expect(document).toEqual(problem);
});

test('what is told of an error does nothing to the terminal', async () => {
  const { err } = await run('fit', '/there/is/no\u001b[31m\u0007/file.yaml');
  expect(err).toBe('fanfold: /there/is/no/file.yaml cannot be read (ENOENT)\n');
});

test('a fault of the service is a fault, not a refusal', () => {
  const error = new ProblemError(problemOf('internal-error', 'try again'));
  expect(explain(error).exit).toBe('fault');
});

test('what nobody foresaw is a fault, told by its message', () => {
  expect(explain(new TypeError('odd'))).toMatchObject({ exit: 'fault', lines: ['odd'] });
  expect(explain(new CliError('unsuccessful', '1 of 2 runs failed')).exit).toBe('unsuccessful');
});

test('every remedy belongs to a problem that there is', () => {
  expect(problemTypes).toEqual(expect.arrayContaining(Object.keys(remedies)));
});
