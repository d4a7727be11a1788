import * as z from 'zod/mini';
import { route } from './route.ts';
import { inWorkspace, none } from './route-parts.ts';
import { syncAnswer, syncRequest } from './worker-protocol.ts';

export const getHealth = route({
  name: 'getHealth',
  method: 'GET',
  path: '/v1/health',
  summary: 'Tells that the service answers',
  access: 'open',
  params: none,
  query: none,
  body: none,
  answer: z.object({ status: z.literal('ok') }),
  statuses: { 200: 'It does' },
  problems: [],
});

export const getOpenApi = route({
  name: 'getOpenApi',
  method: 'GET',
  path: '/v1/openapi.json',
  summary: 'This document',
  access: 'open',
  params: none,
  query: none,
  body: none,
  answer: z.record(z.string(), z.unknown()),
  statuses: { 200: 'The OpenAPI 3.1 document' },
  problems: [],
});

export const createUpload = route({
  name: 'createUpload',
  method: 'POST',
  path: '/v1/workspaces/{workspace}/uploads',
  summary: 'Gives a short-lived URL that takes one file into the workspace’s bucket',
  access: 'operator',
  params: inWorkspace,
  query: none,
  body: z.strictObject({
    /** Relative, `/`-separated; the content's hash belongs in it, since a file once there is not replaced. */
    path: z.string().check(z.regex(/^(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._/=-]{0,499}$/)),
  }),
  answer: z.object({ uri: z.string(), uploadUrl: z.string(), exists: z.boolean() }),
  statuses: { 200: 'Send the file with PUT to `uploadUrl`, unless it `exists`' },
  problems: [],
});

export const createFolderUpload = route({
  name: 'createFolderUpload',
  method: 'POST',
  path: '/v1/workspaces/{workspace}/folder-uploads',
  summary: 'Gives short-lived URLs that take many files of one folder into the workspace’s bucket',
  access: 'operator',
  params: inWorkspace,
  query: none,
  body: z.strictObject({
    /** The content's hash belongs in it, since a file once there is not replaced. */
    folder: z.string().check(z.regex(/^[A-Za-z0-9][A-Za-z0-9_=-]{0,99}$/)),
    /** Relative to the folder, `/`-separated; ask again for more of them. */
    paths: z
      .array(z.string().check(z.regex(/^(?!.*\.\.)[A-Za-z0-9._=-][A-Za-z0-9._/=-]{0,398}$/)))
      .check(z.minLength(1), z.maxLength(500)),
  }),
  answer: z.object({
    uri: z.string(),
    files: z.array(z.object({ path: z.string(), uploadUrl: z.string() })),
  }),
  statuses: { 200: 'Send each of `files` with PUT; those of `paths` that are there are not in it' },
  problems: [],
});

export const syncWorker = route({
  name: 'syncWorker',
  method: 'POST',
  path: '/v1/worker/sync',
  summary: 'A worker tells what is true and learns what should be true',
  access: 'worker',
  params: none,
  query: none,
  body: syncRequest,
  answer: syncAnswer,
  statuses: { 200: 'What should be true' },
  problems: ['worker-fenced', 'experiment-ended'],
});
