import * as z from 'zod/mini';
import { route } from './route.ts';
import { experimentPath, inExperiment, none } from './route-parts.ts';
import { instant } from './shapes.ts';

export const exportFormats = ['csv', 'parquet'] as const;

const exportResource = z.object({
  /** Where the file can be read, by whoever has the URL, until `expiresAt`. */
  url: z.string(),
  expiresAt: instant,
  fileName: z.string(),
  rows: z.int(),
  sizeBytes: z.int(),
});

export const exported = {
  access: 'reader',
  method: 'POST',
  params: inExperiment,
  query: none,
  body: z.strictObject({ format: z.enum(exportFormats) }),
  answer: exportResource,
  statuses: { 201: 'The file is written' },
  problems: ['experiment-not-found'],
} as const;

export const exportResults = route({
  ...exported,
  name: 'exportResults',
  path: `${experimentPath}/results/exports`,
  summary: 'Writes all results as one file with the columns of `get_results`',
});

export const exportRuns = route({
  ...exported,
  name: 'exportRuns',
  path: `${experimentPath}/runs/exports`,
  summary: 'Writes all runs as one file with the columns of `get_runs_info`',
});
