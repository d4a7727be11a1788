import * as z from 'zod/mini';
import { instant, runId } from './shapes.ts';

/** From the least to the most urgent. */
export const logLevels = ['debug', 'info', 'warning', 'error'] as const;

export const logLine = z.object({
  at: instant,
  level: z.enum(logLevels),
  /** The run that said it; left out when the worker itself speaks. */
  runId: z.optional(runId),
  message: z.string(),
});
