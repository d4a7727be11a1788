import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { versionsIn, withVersion } from './versions.ts';

/*
 * `npm run release -- 0.2.0`: gives every package of this checkout that version, dates what the
 * changelog has under `Unreleased`, commits and tags. It pushes nothing.
 */

const root = process.cwd();
const changelog = 'CHANGELOG.md';
const heading = /^## Unreleased\n(?<changes>[\s\S]*?)(?=^## |$(?![\s\S]))/m;

const git = (...words: string[]): string =>
  execFileSync('git', words, { cwd: root, encoding: 'utf8' });

const main = (version: string): void => {
  const changes = unreleased();
  const refusal = refuse(version, changes);
  if (refusal !== undefined) throw new Refused(refusal);
  const files = { ...withVersion(root, version), [changelog]: dated(version, changes) };
  for (const [path, text] of Object.entries(files)) writeFileSync(join(root, path), text);
  git('add', ...Object.keys(files));
  git('commit', '--quiet', '--message', `Release ${version}`);
  git('tag', '--annotate', `v${version}`, '--message', `Fanfold ${version}\n\n${changes}`);
  process.stdout.write(`Released ${version}; \`git push --follow-tags\` tells the others.\n`);
};

class Refused extends Error {}

/** Why this version cannot be released now. */
const refuse = (version: string, changes: string): string | undefined => {
  const current = new Set(Object.values(versionsIn(root)));
  const [now = ''] = current;
  if (!/^\d+\.\d+\.\d+$/.test(version))
    return 'say which version, as in `npm run release -- 0.2.0`';
  if (current.size !== 1) return `the packages differ: ${JSON.stringify(versionsIn(root))}`;
  if (rank(version) < rank(now)) return `${version} is older than ${now}`;
  if (git('tag', '--list', `v${version}`) !== '') return `${version} was released before`;
  if (git('status', '--porcelain') !== '') return 'commit or stash what `git status` shows first';
  return changes === '' ? `${changelog} has nothing under Unreleased` : undefined;
};

/** Orders versions whose parts are less than a million. */
const rank = (version: string): number =>
  version.split('.').reduce((sum, part) => sum * 1e6 + Number(part), 0);

const unreleased = (): string => heading.exec(log())?.groups?.['changes']?.trim() ?? '';

const dated = (version: string, changes: string): string => {
  const day = new Date().toISOString().slice(0, 10);
  return log().replace(heading, () => `## Unreleased\n\n## ${version} (${day})\n\n${changes}\n\n`);
};

const log = (): string => readFileSync(join(root, changelog), 'utf8');

try {
  main(process.argv[2] ?? '');
} catch (error) {
  if (!(error instanceof Refused)) throw error;
  process.stderr.write(`Not released: ${error.message}\n`);
  process.exitCode = 1;
}
