/* `node local/setup.mjs [--bench] [--mlflow] [PROGRAM ARGUMENT...]`: sets this checkout up (Node 24 and its
   packages, uv, the Python environment, an MLflow server where one is asked for), then runs the program with what was set up. Every npm command begins
   here, on whatever Node (20 or newer) the machine has, so this file needs nothing but that. A step is
   skipped when nothing it depends on has changed. */

import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const oldestNode = 20;
const oldestPython = [3, 11];
const uvVersion = '0.13.9';

const repository = join(dirname(fileURLToPath(import.meta.url)), '..');
const at = (...names) => join(repository, ...names);
const uv = at('.cache', 'uv', 'bin', 'uv');

/** @param {string} message @returns {never} */
const giveUp = (message) => {
  process.stderr.write(`${message}\n`);
  process.exit(1);
};

/** @param {string} program @param {string[]} words */
const run = (program, words, options = {}) => {
  const { status, error, stdout, stderr } = spawnSync(program, words, {
    cwd: repository,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
    ...options,
  });
  if (error !== undefined || status !== 0)
    giveUp(`\`${program} ${words.join(' ')}\` failed:\n${error ?? `${stdout}${stderr}`}`);
};

/** Runs a step when what its stamp says is no longer so, and says so. */
const step = (title, { stamp, wanted, make }) => {
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  const start = performance.now();
  process.stdout.write(`${title} … `);
  make();
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, wanted);
  process.stdout.write(`${((performance.now() - start) / 1000).toFixed(1)} s\n`);
};

const hashOf = (...files) => {
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(at(file)));
  return hash.digest('hex');
};

/** The first Python on the PATH that is new enough. */
const findPython = () => {
  const found = [];
  for (const program of ['python3.11', 'python3.12', 'python3.13', 'python3']) {
    try {
      const code = 'import sys; print(*sys.version_info[:2])';
      const options = { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] };
      const [major, minor] = execFileSync(program, ['-c', code], options).split(' ').map(Number);
      if (major === oldestPython[0] && minor >= oldestPython[1]) return program;
      found.push(`${program} is ${major}.${minor}`);
    } catch {
      // Not there.
    }
  }
  const seen = found.length === 0 ? 'found none' : found.join(', ');
  return giveUp(`Fanfold needs Python ${oldestPython.join('.')} or newer on the PATH (${seen}).`);
};

const node = Number(process.versions.node.split('.')[0]);
if (node < oldestNode)
  giveUp(`Fanfold needs Node ${oldestNode} or newer to set itself up; this is ${process.version}.`);

step('Node packages', {
  stamp: at('node_modules', '.fanfold-stamp'),
  wanted: hashOf('package-lock.json'),
  make: () => run('npm', ['ci', '--no-audit', '--no-fund']),
});

step(`uv ${uvVersion}`, {
  stamp: at('.cache', 'uv', '.fanfold-stamp'),
  wanted: uvVersion,
  make: () => {
    run(findPython(), ['-m', 'venv', '--clear', at('.cache', 'uv')]);
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
    run(at('.cache', 'uv', 'bin', 'python'), [...pip, `uv==${uvVersion}`]);
  },
});

const program = process.argv.slice(2);
const bench = program[0] === '--bench';
if (bench) program.shift();
// `npm run up -- --mlflow` says it behind the program.
const wantsMlflow = program.includes('--mlflow');
if (program[0] === '--mlflow') program.shift();

const projects = [
  'pyproject.toml',
  'containers/engine/pyproject.toml',
  'clients/python/pyproject.toml',
  'local/pyproject.toml',
];
const locked = hashOf('uv.lock', ...projects);
const stamp = at('.venv', '.fanfold-stamp');
// The bench's packages may stay when a later command does not need them.
const hasBench = existsSync(stamp) && readFileSync(stamp, 'utf8') === `${locked} bench`;
step('Python packages', {
  stamp,
  wanted: bench || hasBench ? `${locked} bench` : locked,
  make: () => {
    const group = bench ? ['--group', 'bench'] : [];
    run(uv, ['sync', '--frozen', '--python', findPython(), ...group]);
  },
});

const mlflow = 'local/mlflow';
if (wantsMlflow) {
  step('MLflow server', {
    stamp: at('.cache', 'mlflow', '.fanfold-stamp'),
    wanted: hashOf(`${mlflow}/uv.lock`, `${mlflow}/pyproject.toml`),
    make: () => {
      const env = { ...process.env, UV_PROJECT_ENVIRONMENT: at('.cache', 'mlflow') };
      run(uv, ['sync', '--frozen', '--python', findPython(), '--project', at(mlflow)], { env });
    },
  });
}

/** Runs the program in this terminal, with the signals that reach us; its exit status is ours. */
const [name, ...words] = program;
if (name !== undefined) {
  const PATH = [at('node_modules', '.bin'), process.env.PATH].join(delimiter);
  const child = spawn(name, words, { stdio: 'inherit', env: { ...process.env, PATH } });
  // Ctrl-C reaches the whole process group already.
  process.on('SIGINT', () => undefined);
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', ({ message }) => giveUp(`\`${name}\` did not start: ${message}`));
  child.on('close', (status, signal) => {
    process.exitCode = status ?? 128 + constants.signals[signal];
  });
}
