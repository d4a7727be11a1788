import * as z from 'zod/mini';
import { givenExperimentName, workspace } from './shapes.ts';

/* Pieces of the route table's rows. */

/** No parameters, no query, or no body. */
export const none = z.object({});

export const inWorkspace = z.object({ workspace });

export const inExperiment = z.object({ workspace, experiment: givenExperimentName });

/** A positive integer in a path or a query. */
export const digits = z.string().check(z.regex(/^[1-9][0-9]{0,8}$/));

export const inOperation = z.extend(inExperiment, { operation: digits });

/** `?limit=` and `?cursor=` of every list. */
export const paging = {
  limit: z.optional(z.string().check(z.regex(/^[1-9][0-9]{0,3}$/))),
  cursor: z.optional(z.string()),
};

export const experimentsPath = '/v1/workspaces/{workspace}/experiments';
export const experimentPath = `${experimentsPath}/{experiment}`;
