import middy from '@middy/core';
import {
  clock,
  experiments,
  jobNotes,
  jobQueue,
  operations,
  results,
  runs,
  tracker,
  workers,
  workflows,
} from '../../adapters/aws.ts';
import { changedRuns } from '../../adapters/changed-runs.ts';
import { telemetry } from '../telemetry.ts';
import { jobState } from './job-state.ts';
import { mirrorRuns } from './mirror-runs.ts';
import { sweep } from './sweep.ts';

export const jobStateHandler = /* @__PURE__ */ middy<unknown, void>()
  .use(/* @__PURE__ */ telemetry('jobState'))
  .handler((event) => jobState(event, { jobNotes: jobNotes() }));

export const sweepHandler = /* @__PURE__ */ middy<unknown, void>()
  .use(/* @__PURE__ */ telemetry('sweep'))
  .handler(() =>
    sweep({
      experiments: experiments(),
      operations: operations(),
      workers: workers(),
      jobNotes: jobNotes(),
      jobQueue: jobQueue(),
      workflows: workflows(),
      clock,
    }),
  );

export const mirrorRunsHandler = /* @__PURE__ */ middy<unknown, void>()
  .use(/* @__PURE__ */ telemetry('mirrorRuns'))
  .handler((event) =>
    mirrorRuns(changedRuns(event), {
      experiments: experiments(),
      operations: operations(),
      runs: runs(),
      results: results(),
      tracker: tracker(),
      clock,
    }),
  );
