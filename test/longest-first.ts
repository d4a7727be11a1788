import { basename } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take a minute and more, the longest first. */
const long = [
  'sha',
  'faults',
  'inference',
  'cli',
  'schedules',
  'notebook',
  'cli-control',
  'mlflow',
];

const place = ({ moduleId }: TestSpecification): number => {
  const at = long.indexOf(basename(moduleId, '.test.ts'));
  return at === -1 ? long.length : at;
};

/** Starts the long files first, so that none of them is left to run alone at the end. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).sort((a, b) => place(a) - place(b));
  }
}
