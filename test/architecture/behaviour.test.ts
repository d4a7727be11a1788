import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { repository } from '../../local/places.ts';

const read = (file: string): string => readFileSync(join(repository, file), 'utf8');

/** The sentences of the page, each with the tests that it names: `file`: title · title; `file`: name. */
const sentences = read('docs/behaviour.md')
  .split('\n')
  .flatMap((line) => {
    const [, sentence = '', shownBy = ''] = /^\| (.+?) +\| (`.+?) +\|$/.exec(line) ?? [];
    return sentence === '' ? [] : [{ sentence, tests: testsIn(shownBy) }];
  });

function testsIn(shownBy: string): readonly { readonly file: string; readonly title: string }[] {
  return [...shownBy.matchAll(/`([^`]+)`: ([^`]+)/g)].flatMap(([, file = '', titles = '']) =>
    titles
      .replace(/; $/, '')
      .split(' · ')
      .map((title) => ({ file, title })),
  );
}

test('the page on behaviour has a test for every sentence', () => {
  expect(sentences.length).toBeGreaterThan(60);
  expect(sentences.filter(({ tests }) => tests.length === 0)).toEqual([]);
});

test.each(sentences)('$sentence', ({ tests }) => {
  const missing = tests.filter(({ file, title }) => !isTest(read(file), title));
  expect(missing).toEqual([]);
});

/** Whether a test, or a group of them, is named so in a source. */
const isTest = (source: string, title: string): boolean =>
  source.includes(`'${title}'`) || source.includes(`def ${title}(`);
