import * as z from 'zod/mini';
import { dataHandleResource, experimentResource, operationResource, page } from './resources.ts';
import { route } from './route.ts';
import {
  experimentPath,
  experimentsPath,
  inExperiment,
  inWorkspace,
  none,
  paging,
} from './route-parts.ts';
import { dataHandleId, experimentName, locators } from './shapes.ts';

/** The user's code. */
export const mlSpec = z.strictObject({
  fileName: z.string().check(z.regex(/^[^/\\]{1,255}$/)),
  source: z.string().check(z.minLength(1)),
});

export const createExperiment = route({
  name: 'createExperiment',
  method: 'POST',
  path: experimentsPath,
  summary: 'Creates an experiment, or reconnects to the alive one of that name',
  access: 'operator',
  params: inWorkspace,
  query: none,
  body: z.strictObject({
    name: experimentName,
    mlSpec,
    epochCheckpoints: z._default(z.boolean(), false),
  }),
  answer: z.object({
    experiment: experimentResource,
    reconnected: z.boolean(),
    /** The name of the experiment that was alive and has been ended, without artifacts. */
    superseded: z.optional(z.string()),
  }),
  statuses: { 201: 'Created; a different alive experiment was ended', 200: 'Reconnected' },
  problems: ['invalid-ml-spec', 'code-changed', 'settings-changed'],
});

export const listExperiments = route({
  name: 'listExperiments',
  method: 'GET',
  path: experimentsPath,
  summary: 'Lists the workspace’s experiments by name',
  access: 'reader',
  params: inWorkspace,
  query: z.object({ ...paging, status: z.optional(z.enum(['alive', 'ended'])) }),
  body: none,
  answer: page(experimentResource),
  statuses: { 200: 'A page of experiments' },
  problems: [],
});

export const getExperiment = route({
  name: 'getExperiment',
  method: 'GET',
  path: experimentPath,
  summary: 'Shows one experiment',
  access: 'reader',
  params: inExperiment,
  query: none,
  body: none,
  answer: experimentResource,
  statuses: { 200: 'The experiment' },
  problems: ['experiment-not-found'],
});

/** Whether, and where, artifacts are saved at the end. */
export const saving = {
  artifactsBucket: z.optional(z.string().check(z.maxLength(1024))),
  saveEpochCheckpoints: z._default(z.boolean(), false),
};

export const endExperiment = route({
  name: 'endExperiment',
  method: 'POST',
  path: `${experimentPath}/end`,
  summary: 'Ends the experiment, saving its artifacts first when asked to',
  access: 'operator',
  params: inExperiment,
  query: none,
  body: z.strictObject(saving),
  answer: z.object({ ended: z.boolean(), operation: z.optional(operationResource) }),
  statuses: { 200: 'Ended, or there was nothing to end', 202: 'The artifacts are being saved' },
  problems: ['experiment-not-found', 'operation-in-progress', 'epoch-checkpoints-disabled'],
  idempotent: true,
});

/** Columns whose cells are paths of object files; all of them stand in one item of the table. */
const downloadColumns = z.array(z.string().check(z.maxLength(256))).check(z.maxLength(200));

export const dataHandleSpec = z.strictObject({
  locators,
  downloadColumns: z._default(downloadColumns, []),
  fraction: z._default(z.number(), 1),
  seed: z._default(z.int(), 42),
});

export const createDataHandle = route({
  name: 'createDataHandle',
  method: 'POST',
  path: `${experimentPath}/data-handles`,
  summary: 'Downloads a data handle: writes its immutable manifest',
  access: 'operator',
  params: inExperiment,
  query: none,
  body: dataHandleSpec,
  answer: z.object({ dataHandle: dataHandleResource, operation: z.optional(operationResource) }),
  statuses: { 202: 'The manifest is being written', 200: 'It was written before' },
  problems: ['experiment-not-found', 'experiment-ended', 'operation-in-progress'],
  idempotent: true,
});

export const getDataHandle = route({
  name: 'getDataHandle',
  method: 'GET',
  path: `${experimentPath}/data-handles/{dataHandle}`,
  summary: 'Shows one data handle',
  access: 'reader',
  params: z.extend(inExperiment, { dataHandle: dataHandleId }),
  query: none,
  body: none,
  answer: dataHandleResource,
  statuses: { 200: 'The data handle' },
  problems: ['experiment-not-found', 'data-handle-not-found'],
});
