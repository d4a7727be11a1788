import { execFile } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { client } from '../../../contract/client.ts';
import { routes } from '../../../contract/routes.ts';
import { getHealth, getOpenApi } from '../../../contract/service-routes.ts';
import { findCheckout } from './checkout.ts';
import type { Connection, Surroundings } from './connection.ts';
import { findConnection, stackFile } from './connection.ts';
import { explain } from './explain.ts';
import type { Service } from './service.ts';
import type { Session } from './session.ts';
import { aliveExperiment } from './session.ts';

/** One thing that has to be right, and what to do when it is not. */
export interface Check {
  readonly name: string;
  readonly isOk: boolean;
  readonly detail: string;
  readonly remedy?: string;
}

const ok = (name: string, detail: string): Check => ({ name, isOk: true, detail });

const wrong = (name: string, detail: string, remedy: string): Check => ({
  name,
  isOk: false,
  detail,
  remedy,
});

const oldestNode = [22, 12] as const;
const oldestPython = [3, 11] as const;
const timeoutMs = 5000;

/** Tokens and signed URLs are good for minutes; a clock that is further off spoils them. */
const mostSecondsApart = 60;

/** Looks at this machine, then at the service as far as it can be reached. */
export const examine = async (session: Session): Promise<readonly Check[]> => {
  const { terminal, options } = session;
  const here = [checkNode(process.versions.node), await checkPython(terminal)];
  try {
    const connection = findConnection(options, terminal);
    const found = [
      ok('service', `${connection.url} (${connection.source})`),
      ...checkFolder(connection),
    ];
    return [...here, ...found, ...(await checkService(session, connection))];
  } catch (error) {
    // Its words have the remedy in them.
    return [...here, { name: 'service', isOk: false, detail: wordsOf(error) }];
  }
};

const wordsOf = (error: unknown): string =>
  explain(error)
    .lines.map((line) => line.trim())
    .join('; ');

const isAtLeast = (version: string, [major, minor]: readonly [number, number]): boolean => {
  const [first = 0, second = 0] = version.split('.').map(Number);
  return first > major || (first === major && second >= minor);
};

export const checkNode = (version: string): Check =>
  isAtLeast(version, oldestNode)
    ? ok('node', version)
    : wrong('node', version, `install Node ${oldestNode.join('.')} or newer`);

/** The embedded stack and notebooks need it; the CLI itself does not. */
const checkPython = async ({ cwd }: Surroundings): Promise<Check> => {
  const checkout = findCheckout(cwd);
  const own = checkout === undefined ? [] : [join(checkout, '.venv/bin/python')];
  for (const program of [...own, 'python3']) {
    const version = await versionOf(program);
    if (version !== undefined) return judgePython(version, program);
  }
  const none = 'none found; only notebooks and `fanfold up` need it';
  return checkout === undefined ? ok('python', none) : wrong('python', none, installPython);
};

const installPython = `install Python ${oldestPython.join('.')} or newer`;

const judgePython = (version: string, program: string): Check =>
  isAtLeast(version, oldestPython)
    ? ok('python', `${version} (${program})`)
    : wrong('python', `${version} (${program})`, installPython);

const versionOf = async (program: string): Promise<string | undefined> => {
  try {
    const { stdout } = await promisify(execFile)(program, ['--version'], { timeout: timeoutMs });
    return /(\d+\.\d+\.\d+)/.exec(stdout)?.[1];
  } catch {
    return undefined;
  }
};

/** The file holds a token: only its owner may read it. */
const checkFolder = ({ source }: Connection): readonly Check[] => {
  if (!source.endsWith(stackFile)) return [];
  const mode = statSync(source).mode & 0o777;
  const told = `${source} has mode ${mode.toString(8)}`;
  const isPrivate = process.platform === 'win32' || (mode & 0o077) === 0;
  return [
    isPrivate
      ? ok('state folder', told)
      : wrong('state folder', `${told}, so others may read its token`, `chmod 600 ${source}`),
  ];
};

const checkService = async (
  { interrupted }: Session,
  connection: Connection,
): Promise<readonly Check[]> => {
  let date: string | null = null;
  const fetchAndNote = async (url: string, init: RequestInit): Promise<Response> => {
    const signal = AbortSignal.any([interrupted, AbortSignal.timeout(timeoutMs)]);
    const response = await fetch(url, { ...init, signal });
    date = response.headers.get('date');
    return response;
  };
  const { call } = client({ ...connection, fetch: fetchAndNote });
  const service = { connection, interrupted, call, repeat: call };
  const health = await checkHealth(service);
  if (!health.isOk) return [health];
  return [
    health,
    checkClock(date, Date.now()),
    await checkRoutes(service),
    ...(await checkAccess(service)),
  ];
};

const checkHealth = async ({ call }: Service): Promise<Check> => {
  const start = performance.now();
  try {
    await call(getHealth);
    return ok('health', `answers in ${Math.round(performance.now() - start)} ms`);
  } catch (error) {
    const remedy = 'start it (`fanfold up`, if it is the embedded one), or mend FANFOLD_URL';
    return wrong('health', reasonOf(error), remedy);
  }
};

/** `fetch` says no more than that it failed; its cause has the reason. */
const reasonOf = (error: unknown): string => {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return (cause instanceof Error && cause.message) || code || String(cause);
};

export const checkClock = (date: string | null, now: number): Check => {
  if (date === null) return ok('clock', 'the service does not tell its own');
  const seconds = Math.round((now - Date.parse(date)) / 1000);
  const told = `${Math.abs(seconds)} s ${seconds < 0 ? 'behind' : 'ahead of'} the service`;
  return Math.abs(seconds) <= mostSecondsApart
    ? ok('clock', told)
    : wrong('clock', told, 'set the clock of this machine (NTP); signed URLs depend on it');
};

/** Whether the service has all that this CLI may call. */
const checkRoutes = async ({ call }: Service): Promise<Check> => {
  try {
    const { body } = await call(getOpenApi);
    return compareRoutes(body);
  } catch (error) {
    return wrong('version', reasonOf(error), 'check FANFOLD_URL');
  }
};

export const compareRoutes = (document: Readonly<Record<string, unknown>>): Check => {
  const told = document['paths'];
  const paths: Readonly<Record<string, unknown>> =
    typeof told === 'object' && told !== null ? { ...told } : {};
  const wanted = routes.filter(({ access }) => access !== 'worker');
  const missing = wanted.filter(({ path, method }) => {
    const methods = paths[path];
    const has = typeof methods === 'object' && methods !== null && method.toLowerCase() in methods;
    return !has;
  });
  if (missing.length === 0)
    return ok('version', `has all ${wanted.length} routes that this CLI knows`);
  const names = missing.map(({ name }) => name).join(', ');
  return wrong(
    'version',
    `lacks ${names}`,
    'deploy the service anew, or use the CLI of its version',
  );
};

const checkAccess = async (service: Service): Promise<readonly Check[]> => {
  const { workspace } = service.connection;
  try {
    const alive = await aliveExperiment(service);
    const at = alive === undefined ? 'no experiment is alive' : `experiment ${alive.name} is alive`;
    return [ok('token', 'accepted'), ok('workspace', `${workspace}: ${at}`)];
  } catch (error) {
    const remedy =
      'check FANFOLD_TOKEN, and FANFOLD_WORKSPACE: a token opens one workspace, or all';
    return [wrong('token', `not accepted for workspace ${workspace}: ${wordsOf(error)}`, remedy)];
  }
};
