import middy from '@middy/core';
import {
  clock,
  experiments,
  jobNotes,
  jobQueue,
  operations,
  workers,
  workflows,
} from '../../adapters/aws.ts';
import { telemetry } from '../telemetry.ts';
import { jobState } from './job-state.ts';
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
