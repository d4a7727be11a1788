import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/* Where the one version of all packages stands. */

interface Place {
  readonly path: string;
  readonly read: (text: string) => string | undefined;
  readonly write: (text: string, version: string) => string;
}

const inToml = /^version = "(.+)"$/m;
const inJson = /^ {2}"version": "(.+)"/m;

const field = (path: string, pattern: RegExp): Place => ({
  path,
  read: (text) => pattern.exec(text)?.[1],
  write: (text, version) =>
    text.replace(pattern, (whole, before) => whole.replace(`"${before}"`, `"${version}"`)),
});

interface NpmLock {
  version: string;
  readonly packages: Record<string, { version?: string }>;
}

/** Packages of the lock file that are made here, by the folders they lie in. */
const npmPackages = ['', 'clients/cli'];

const npmLock: Place = {
  path: 'package-lock.json',
  read: (text) => JSON.parse(text).version,
  write: (text, version) => {
    const lock: NpmLock = JSON.parse(text);
    lock.version = version;
    for (const folder of npmPackages) {
      const ours = lock.packages[folder];
      if (ours) ours.version = version;
    }
    return `${JSON.stringify(lock, null, 2)}\n`;
  },
};

const oursInUvLock = /(?<=^name = "fanfold(?:-\w+)?"\nversion = ")(.+)(?="$)/gm;

const uvLock: Place = {
  path: 'uv.lock',
  read: (text) => text.match(oursInUvLock)?.[0],
  write: (text, version) => text.replace(oursInUvLock, version),
};

const places: readonly Place[] = [
  field('package.json', inJson),
  field('clients/cli/package.json', inJson),
  field('pyproject.toml', inToml),
  field('clients/python/pyproject.toml', inToml),
  field('containers/engine/pyproject.toml', inToml),
  field('local/pyproject.toml', inToml),
  npmLock,
  uvLock,
];

const placesIn = (root: string): readonly Place[] =>
  places.filter(({ path }) => existsSync(join(root, path)));

const textOf = (root: string, path: string): string => readFileSync(join(root, path), 'utf8');

/** The version that each file of a checkout has. */
export const versionsIn = (root: string): Readonly<Record<string, string | undefined>> =>
  Object.fromEntries(placesIn(root).map(({ path, read }) => [path, read(textOf(root, path))]));

/** The files of a checkout as they are with another version. */
export const withVersion = (root: string, version: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    placesIn(root).map(({ path, write }) => [path, write(textOf(root, path), version)]),
  );
