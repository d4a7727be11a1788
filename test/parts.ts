/** One part of the test suite: a command, and how its tests are counted. */
export interface Part {
  readonly name: string;
  readonly summary: string;
  readonly command: readonly [string, ...string[]];
  readonly counts: 'tool' | 'vitest' | 'pytest';
  /** Run only when it is asked for by its name. */
  readonly isApart?: boolean;
  /** Arguments that make the command write a report to a file. */
  readonly report: (file: string) => readonly string[];
}

const tool = (name: string, summary: string, ...command: [string, ...string[]]): Part => ({
  name,
  summary,
  command,
  counts: 'tool',
  report: () => [],
});

const vitest = (name: string, summary: string, ...args: string[]): Part => ({
  name,
  summary,
  command: ['vitest', 'run', ...args],
  counts: 'vitest',
  report: (file) => ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`],
});

const pytest = (name: string, summary: string, ...args: string[]): Part => ({
  name,
  summary,
  command: ['.venv/bin/python', '-m', 'pytest', ...args],
  counts: 'pytest',
  report: (file) => [`--junitxml=${file}`],
});

/** End-to-end tests that count seconds: each has the machine to itself. */
const timed = ['control', 'persistence', 'plans'].map((name) => `test/e2e/${name}.test.ts`);

/** End-to-end tests that the time of a usual run has no room for: `npm test -- long`. */
const long = [
  'cli-checkout',
  'cli-digits',
  'inference-faults',
  'killed-client',
  'power-cut',
  'sharded',
  'trials',
].map((name) => `test/e2e/${name}.test.ts`);

const without = (files: readonly string[]): readonly string[] =>
  files.flatMap((file) => ['--exclude', file]);

/** The parts in the order they run: the quick ones first. */
export const parts: readonly Part[] = [
  tool('py-format', 'format of Python', '.venv/bin/ruff', 'format', '--check', '.'),
  tool('py-lint', 'lint of Python', '.venv/bin/ruff', 'check', '.'),
  tool('lint', 'format and lint of TypeScript', 'biome', 'ci', '--error-on-warnings', '.'),
  tool('types', 'types of TypeScript', 'tsc', '--noEmit'),
  vitest('architecture', 'what may import what', 'test/architecture'),
  tool(
    'unused',
    'files, exports and packages that nothing uses',
    'knip',
    '--treat-config-hints-as-errors',
  ),
  tool('py-types', 'types of Python', '.venv/bin/basedpyright', '--project', '.'),
  vitest(
    'unit',
    'unit tests of TypeScript',
    'contract',
    'domain',
    'lambdas',
    'lib',
    'local',
    'clients',
    'bench',
    'test/run-command',
  ),
  pytest('ml-spec', 'the check of MLSpec files', 'lambdas/ml-spec/tests'),
  vitest('templates', 'policies of the CloudFormation templates', 'test/templates'),
  vitest('adapters', 'the ports on the emulator', 'adapters'),
  vitest('races', 'conflicting callers on the emulator, in every order', 'test/races'),
  vitest('halving', 'fits on the emulator, with engines that only talk', 'test/halving'),
  vitest('faults', 'hosts, events and jobs lost or doubled on the emulator', 'test/faults'),
  pytest('engine', 'the training engine', '-n', '2', 'containers/engine/tests'),
  pytest('client', 'the Python client', 'clients/python/tests'),
  pytest('emulator', 'the embedded AWS', 'local/tests'),
  vitest('docs', 'the documents: their code and links', 'test/docs'),
  vitest('packages', 'what is installed and released', 'test/packages'),
  vitest('openapi', 'answers to whatever may be asked', 'test/openapi'),
  vitest('e2e', 'the whole stack', 'test/e2e', ...without([...timed, ...long])),
  vitest('timed', 'the whole stack, by the clock', '--no-file-parallelism', ...timed),
  { ...vitest('long', 'the whole stack, at length', ...long), isApart: true },
];
