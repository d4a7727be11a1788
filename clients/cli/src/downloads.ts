import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Writable } from 'node:stream';
import { unreachable } from './cli-error.ts';

const timeoutMs = 600_000;

/** Reads a presigned URL, which carries its own authority. */
export const fetchStored = async (
  url: string,
  interrupted: AbortSignal,
): Promise<ReadableStream<Uint8Array>> => {
  const signal = AbortSignal.any([interrupted, AbortSignal.timeout(timeoutMs)]);
  const response = await fetch(url, { signal });
  if (response.ok && response.body !== null) return response.body;
  throw unreachable(`storage did not give the file (HTTP ${response.status}); try again`);
};

/** Fetches a presigned URL into a file, which appears when it is whole. */
export const download = async (
  url: string,
  file: string,
  interrupted: AbortSignal,
): Promise<void> => {
  const aside = join(dirname(file), `.${basename(file)}.part`);
  try {
    const content = await fetchStored(url, interrupted);
    await content.pipeTo(Writable.toWeb(createWriteStream(aside)));
    await rename(aside, file);
  } finally {
    await rm(aside, { force: true });
  }
};
