import { cpSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { repository } from '../local/places.ts';

/** What the site shows of the repository; links between these work as they stand. */
const shown = [
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'LICENSE',
  'bench/RESULTS.md',
  'docs',
  'examples',
];

const link = /(?<=\]\()(?!https?:|#)([^)\s#]+)(?=[)#])/g;

/** Copies the pages, and the files that they link to, into a folder of the same layout. */
export const stagePages = (folder: string): void => {
  for (const name of shown)
    cpSync(join(repository, name), join(folder, name), { recursive: true, filter: isShown });
  writeFileSync(
    join(folder, 'docs/decisions/README.md'),
    decisions(join(folder, 'docs/decisions')),
  );
  for (const page of pagesIn(folder)) writeFileSync(page, withFolderPages(page));
};

/** Neither caches nor what examples left when they were run. */
const isShown = (path: string): boolean =>
  !/^(\.|__pycache__$)/.test(basename(path)) && !path.endsWith('.csv');

/** Every Markdown page under a folder. */
const pagesIn = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .sort()
    .map((path) => join(folder, path));

/** A page whose links to folders, which a repository shows, lead to their pages. */
const withFolderPages = (page: string): string =>
  readFileSync(page, 'utf8').replace(link, (target) => {
    const path = join(dirname(page), target);
    const seen = statSync(path, { throwIfNoEntry: false });
    // Of pages the site's own check is the better one: it knows anchors, and those made at the build.
    if (!seen && !target.endsWith('.md')) throw new Error(`${page}: there is no ${target}`);
    return seen?.isDirectory() ? relative(dirname(page), join(path, 'README.md')) : target;
  });

/** The list of decisions, by their titles. */
const decisions = (folder: string): string => {
  const rows = pagesIn(folder).map((page) => {
    const [title = ''] = readFileSync(page, 'utf8').split('\n');
    return `- [${title.replace(/^# /, '')}](${basename(page)})`;
  });
  return `# Decisions\n\nChoices that would puzzle a reader, and why they were made.\n\n${rows.join('\n')}\n`;
};
