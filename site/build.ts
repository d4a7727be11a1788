import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pythonPrograms, repository } from '../local/places.ts';
import { errorCatalogue } from './error-catalogue.ts';
import { httpReference } from './http-reference.ts';
import { stagePages } from './pages.ts';
import { pythonReference } from './python-reference.ts';

/*
 * `npm run docs`: the documents as a site in `build/docs`. The pages are those that one reads in the
 * repository, at the same paths, and three more that are made of the code. A link that leads nowhere
 * is an error.
 */

const build = join(repository, 'build');
const staged = join(build, 'pages');

/** Pages that are written at each build, never by hand. */
const generated: Readonly<Record<string, () => string>> = {
  'docs/errors.md': errorCatalogue,
  'docs/http.md': httpReference,
  'docs/python.md': pythonReference,
};

rmSync(staged, { recursive: true, force: true });
stagePages(staged);
for (const [path, page] of Object.entries(generated)) {
  const file = join(staged, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, page());
}
cpSync(join(import.meta.dirname, 'zensical.toml'), join(build, 'zensical.toml'));
const { status } = spawnSync(join(pythonPrograms, 'zensical'), ['build', '--clean', '--strict'], {
  cwd: build,
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
