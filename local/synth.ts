import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { env } from 'node:process';
import { promisify } from 'node:util';
import { cacheFolder, nodePrograms, repository } from './places.ts';

/** What a template and its assets are made of. */
const sources = [
  '{bin,lib,contract,domain,lambdas,adapters}/**/*.{ts,json,py}',
  'containers/engine/**/*.{py,toml}',
  'containers/engine/Dockerfile',
  'cdk.json',
  'package-lock.json',
];

/** Assemblies that stay in the cache: of the last states of the sources, times a few contexts. */
const kept = 12;

export type CdkContext = Readonly<Record<string, unknown>>;

/** Runs the CDK app, unless it has run on the same sources; returns the cloud assembly's folder. */
export const synthesize = async (context: CdkContext): Promise<string> => {
  const assembly = join(cacheFolder, 'assemblies', hashOfSources(context));
  if (existsSync(assembly)) {
    // Used just now: another stack that starts does not forget it.
    utimesSync(assembly, new Date(), new Date());
    return assembly;
  }
  // Aside, then published whole: two stacks may start at the same time.
  const aside = `${assembly}.${process.pid}`;
  mkdirSync(aside, { recursive: true });
  try {
    await runApp(aside, context);
    renameSync(aside, assembly);
    forgetOldOnes(dirname(assembly));
  } catch (error) {
    rmSync(aside, { recursive: true, force: true });
    if (!existsSync(assembly)) throw error;
  }
  return assembly;
};

const forgetOldOnes = (assemblies: string): void => {
  const newestFirst = readdirSync(assemblies)
    .map((name) => join(assemblies, name))
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  for (const old of newestFirst.slice(kept)) rmSync(old, { recursive: true, force: true });
};

/** As the CDK's command line runs it: the output folder and the context in the environment. */
const runApp = async (outputFolder: string, context: CdkContext): Promise<void> => {
  await promisify(execFile)('node', ['bin/fanfold.ts'], {
    cwd: repository,
    env: {
      ...env,
      PATH: [nodePrograms, env['PATH']].join(delimiter),
      CDK_OUTDIR: outputFolder,
      CDK_CONTEXT_JSON: JSON.stringify({ ...projectContext(), ...context }),
    },
  });
};

/** The feature flags in cdk.json, which the command line would hand over. */
const projectContext = (): CdkContext =>
  (JSON.parse(readFileSync(join(repository, 'cdk.json'), 'utf8')) as { context?: CdkContext })
    .context ?? {};

const hashOfSources = (context: CdkContext): string => {
  const hash = createHash('sha256').update(JSON.stringify(context));
  const files = globSync(sources, { cwd: repository })
    .filter((file) => !file.endsWith('.test.ts'))
    .sort();
  for (const file of files) hash.update(`\n${file}\n`).update(readFileSync(join(repository, file)));
  return hash.digest('hex').slice(0, 16);
};
