import { createHash } from 'node:crypto';
import { createReadStream, openAsBlob, readdirSync, statSync } from 'node:fs';
import { basename, join, relative, sep } from 'node:path';
import { createFolderUpload, createUpload } from '../../../contract/service-routes.ts';
import { unreachable, usageError } from './cli-error.ts';
import type { Service } from './service.ts';

/* Local data on their way to the workspace's bucket, under names that follow their content. */

/** 128 bits: no two contents ever meet. */
const hashDigits = 32;

/** S3 takes no more in one request. */
const largestBytes = 5 * 1024 ** 3;

const uploadsAtOnce = 16;

/** The service gives the URLs of no more files at a time. */
const mostPlaces = 500;

const uploadTimeoutMs = 600_000;

/** Files by the names they will have, `/`-separated. */
type Files = ReadonlyMap<string, string>;

/** Sends a file, or a folder with all its files; gives its `s3://` URI or prefix. */
export const upload = async (service: Service, path: string): Promise<string> => {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isFile()) return sendFile(service, path);
  const files = found?.isDirectory() ? filesBelow(path) : new Map<string, string>();
  if (files.size === 0) throw usageError(`there is no file ${path}, nor are there files in it`);
  return sendFolder(service, files);
};

const filesBelow = (folder: string): Files => {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return new Map(
    files.map(({ parentPath, name }) => {
      const file = join(parentPath, name);
      return [relative(folder, file).split(sep).join('/'), file];
    }),
  );
};

const sendFile = async (service: Service, file: string): Promise<string> => {
  const name = basename(file);
  check(name, file);
  const path = `${await fingerprint(new Map([[name, file]]))}/${name}`;
  const params = { workspace: service.connection.workspace };
  const { body } = await service.repeat(createUpload, { params, body: { path } });
  if (!body.exists) await put(service, body.uploadUrl, file);
  return body.uri;
};

const sendFolder = async (service: Service, files: Files): Promise<string> => {
  for (const [name, file] of files) check(name, file);
  const folder = await fingerprint(files);
  const params = { workspace: service.connection.workspace };
  const names = [...files.keys()].sort();
  let prefix = '';
  for (let start = 0; start < names.length; start += mostPlaces) {
    const paths = names.slice(start, start + mostPlaces);
    const { body } = await service.repeat(createFolderUpload, { params, body: { folder, paths } });
    prefix = body.uri;
    await atOnce(uploadsAtOnce, body.files, ({ path, uploadUrl }) =>
      put(service, uploadUrl, files.get(path) ?? ''),
    );
  }
  return prefix;
};

/** Does something with each, so many at a time. */
const atOnce = async <T>(
  most: number,
  items: readonly T[],
  send: (item: T) => Promise<void>,
): Promise<void> => {
  const waiting = items.values();
  const work = async (): Promise<void> => {
    for (const item of waiting) await send(item);
  };
  await Promise.all(Array.from({ length: most }, work));
};

/** The same as the Python client's: equal data are sent once, whoever sends them. */
const fingerprint = async (files: Files): Promise<string> => {
  const digest = createHash('sha256');
  for (const [name, file] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    digest.update(`${name}\0${statSync(file).size}\0`);
    const content = createHash('sha256');
    for await (const piece of createReadStream(file)) content.update(piece);
    digest.update(content.digest());
  }
  return digest.digest('hex').slice(0, hashDigits);
};

const check = (name: string, file: string): void => {
  if (!/^(?!.*\.\.)[A-Za-z0-9._/=-]+$/.test(name)) {
    throw usageError(`'${name}' cannot be sent: names of files are made of A-Z a-z 0-9 . _ = -`);
  }
  if (statSync(file).size > largestBytes) {
    throw usageError(
      `'${name}' is larger than 5 GiB, the most that can be sent; put it in a bucket of yours ` +
        'and name its s3:// URI',
    );
  }
};

/** Sends a file to a presigned URL, read as it is sent; the URL carries its own authority. */
const put = async ({ interrupted }: Service, url: string, file: string): Promise<void> => {
  const signal = AbortSignal.any([interrupted, AbortSignal.timeout(uploadTimeoutMs)]);
  const response = await fetch(url, { method: 'PUT', body: await openAsBlob(file), signal });
  if (response.ok) return;
  throw unreachable(`storage did not take ${file} (HTTP ${response.status}); try again`);
};
