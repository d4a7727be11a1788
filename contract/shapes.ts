import * as z from 'zod/mini';
import { dataErrorTypes } from '../domain/data-handle.ts';

/* Shapes that more than one route or the worker protocol uses. */

export const workspace = z.string().check(z.regex(/^[a-z0-9][a-z0-9-]{0,31}$/));

/** 1–64 of `A-Z a-z 0-9 . _ -`, starting with a letter or digit (contract §2). */
export const experimentName = z
  .string()
  .check(
    z.regex(
      /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
      'must be 1 to 64 of A-Z a-z 0-9 . _ -, starting with a letter or digit',
    ),
  );

/** A name as it was given: the longest one wanted, and room for a suffix. */
export const givenExperimentName = z.string().check(z.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$/));

export const runId = z.int().check(z.gte(1));

export const instant = z.iso.datetime({ precision: 3 });

/** A number, or one of the three values JSON has no word for. */
export const metricValue = z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity'])]);

/** The epoch in training, its finished chunks, and its chunks in all. */
export const runProgress = z.object({
  epoch: z.int(),
  chunk: z.int(),
  chunks: z.int(),
  /** Over the finished chunks of the epoch: comparable with other runs at the same chunk. */
  trainLoss: z.optional(metricValue),
});

/** Why a run failed; with a type when its data are at fault. */
export const runError = z.object({
  message: z.string(),
  traceback: z.optional(z.string()),
  errorType: z.optional(z.enum(dataErrorTypes)),
});

/** Names a data handle, whether there is one or not. */
export const dataHandleId = z.string().check(z.regex(/^.{1,64}$/));

const s3Uri = z
  .string()
  .check(z.regex(/^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\/.+$/, 'must be s3://bucket/key'));

/** A dataset's places; unknown members are refused so that a misspelt partition is not lost. */
export const locators = z.strictObject({
  train: z.optional(s3Uri),
  validation: z.optional(s3Uri),
  test: z.optional(s3Uri),
  predict: z.optional(s3Uri),
  objects: z.optional(s3Uri),
  trainObjects: z.optional(s3Uri),
  validationObjects: z.optional(s3Uri),
  testObjects: z.optional(s3Uri),
  predictObjects: z.optional(s3Uri),
  misc: z.optional(s3Uri),
});
