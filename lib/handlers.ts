import { routes } from '../contract/routes.ts';
import type { Handler } from './bundle.ts';

const workflow = ['planOperation', 'settleWorker', 'completeOperation', 'saveArtifacts'];
const events = ['jobState', 'sweep', 'mirrorRuns'];

/** Every function there is, and the folder of `lambdas/` that exports its handler. */
export const handlers: readonly Handler[] = [
  ...routes.map(({ name, path, access }) => ({
    folder: access === 'worker' ? 'worker' : folderOf(path),
    useCase: name,
  })),
  { folder: 'http', useCase: 'authorize' },
  { folder: 'http', useCase: 'issueToken' },
  ...workflow.map((useCase) => ({ folder: 'workflow', useCase })),
  ...events.map((useCase) => ({ folder: 'events', useCase })),
  { folder: 'schedules', useCase: 'occur' },
];

function folderOf(path: string): string {
  return path.includes('/schedules') ? 'schedules' : 'http';
}
