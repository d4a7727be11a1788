import { routes } from '../contract/routes.ts';
import type { Handler } from './bundle.ts';

const workflow = ['planOperation', 'settleWorker', 'completeOperation', 'saveArtifacts'];
const events = ['jobState', 'sweep', 'mirrorRuns'];

/** Every function there is, and the folder of `lambdas/` that exports its handler. */
export const handlers: readonly Handler[] = [
  ...routes.map(({ name, access }) => ({
    folder: access === 'worker' ? 'worker' : 'http',
    useCase: name,
  })),
  { folder: 'http', useCase: 'authorize' },
  { folder: 'http', useCase: 'issueToken' },
  ...workflow.map((useCase) => ({ folder: 'workflow', useCase })),
  ...events.map((useCase) => ({ folder: 'events', useCase })),
];
