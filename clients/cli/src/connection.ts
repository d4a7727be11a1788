import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unreachable } from './cli-error.ts';
import { upwards } from './upwards.ts';

/** One workspace of one service, and who told of it. */
export interface Connection {
  readonly url: string;
  readonly token: string;
  readonly workspace: string;
  readonly source: string;
}

/** What the command line says; it goes before the environment. */
export interface GivenConnection {
  readonly url?: string | undefined;
  readonly token?: string | undefined;
  readonly workspace?: string | undefined;
}

export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/** Where the embedded stack says how it is reached. */
export const stackFile = join('.fanfold', 'stack.json');

/**
 * Finds the service the way every Fanfold client does: `FANFOLD_URL`, `FANFOLD_TOKEN` and
 * `FANFOLD_WORKSPACE` if the first is set; else the nearest `.fanfold/stack.json`, here or above.
 */
export const findConnection = (given: GivenConnection, around: Surroundings): Connection => {
  const { env, cwd } = around;
  const url = given.url || env['FANFOLD_URL'];
  const token = given.token || env['FANFOLD_TOKEN'];
  const workspace = given.workspace || env['FANFOLD_WORKSPACE'];
  if (url) return complete({ url, token, workspace, source: given.url ? '--url' : 'FANFOLD_URL' });
  const file = findStackFile(cwd);
  if (file === undefined) throw notFound(cwd);
  const stack = readStack(file);
  return complete({
    ...stack,
    token: given.token || stack.token,
    workspace: workspace || stack.workspace,
    source: file,
  });
};

/** The service that a stack's file tells of. */
export const readStackFile = (file: string): Connection =>
  complete({ ...readStack(file), source: file });

/** The nearest one, in a folder or above. */
const findStackFile = (cwd: string): string | undefined =>
  upwards(cwd)
    .map((folder) => join(folder, stackFile))
    .find((file) => existsSync(file));

const notFound = (cwd: string) =>
  unreachable(
    "no Fanfold service found: start the embedded one with `npm run up` in the project's folder " +
      `(this looked for ${stackFile} in ${cwd} and above), or set FANFOLD_URL and FANFOLD_TOKEN`,
  );

const readStack = (file: string): GivenConnection => {
  try {
    const { url, token, workspace } = JSON.parse(readFileSync(file, 'utf8'));
    return { url: text(url), token: text(token), workspace: text(workspace) };
  } catch (error) {
    throw unreachable(`${file} cannot be read; run \`npm run up\` again`, error);
  }
};

const text = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : undefined;

interface Found extends GivenConnection {
  readonly source: string;
}

const complete = ({ url, token, workspace, source }: Found): Connection => {
  if (!url) throw unreachable(`${source} names no url; run \`npm run up\` again`);
  if (!token) throw unreachable(`${source} gives a URL but no token; set FANFOLD_TOKEN`);
  return { url: url.replace(/\/+$/, ''), token, workspace: workspace || 'default', source };
};
