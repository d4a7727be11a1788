import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type BuildFailure, buildSync } from 'esbuild';

/** A handler to bundle: `{useCase}Handler`, exported by `lambdas/{folder}/handlers.ts`. */
export interface Handler {
  readonly folder: string;
  readonly useCase: string;
}

/** Dependencies in CommonJS (the X-Ray SDK) ask for Node's own modules by `require`. */
const banner =
  "import{createRequire as fanfoldRequire}from'node:module';const require=fanfoldRequire(import.meta.url);";

/**
 * The SDK asks for these only where the environment has no credentials; a function's always has. A
 * sixth of a bundle.
 */
const neverAsked = [
  '@aws-sdk/credential-provider-http',
  '@aws-sdk/credential-provider-ini',
  '@aws-sdk/credential-provider-login',
  '@aws-sdk/credential-provider-process',
  '@aws-sdk/credential-provider-sso',
  '@aws-sdk/credential-provider-web-identity',
  '@smithy/credential-provider-imds',
];

const lambdas = resolve(import.meta.dirname, '../lambdas');

/**
 * Bundles every handler alone, so that a function loads only what its use case needs, and all in one
 * run. Each becomes `{target}/{useCase}/index.mjs`, which exports `handler`.
 */
export const bundle = (
  handlers: readonly Handler[],
  target: string,
  sources: string = lambdas,
): void => {
  const entries = join(target, '.entries');
  mkdirSync(entries, { recursive: true });
  const entryPoints = handlers.map((handler) => ({
    in: writeEntry(handler, entries, sources),
    out: join(handler.useCase, 'index'),
  }));
  try {
    buildSync({
      entryPoints,
      outdir: target,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      platform: 'node',
      target: 'node24',
      format: 'esm',
      mainFields: ['module', 'main'],
      minify: true,
      legalComments: 'none',
      external: neverAsked,
      banner: { js: banner },
      logLevel: 'silent',
    });
  } catch (failure) {
    throw new Error(explain(failure));
  } finally {
    rmSync(entries, { recursive: true });
  }
};

const writeEntry = ({ folder, useCase }: Handler, entries: string, sources: string): string => {
  const file = join(entries, `${useCase}.mjs`);
  const module = JSON.stringify(join(sources, folder, 'handlers.ts'));
  writeFileSync(file, `export { ${useCase}Handler as handler } from ${module};\n`);
  return file;
};

const isBuildFailure = (failure: unknown): failure is BuildFailure =>
  failure instanceof Error && 'errors' in failure;

const explain = (failure: unknown): string => {
  if (!isBuildFailure(failure)) return `the functions cannot be bundled: ${String(failure)}`;
  const faults = failure.errors.map(
    ({ text, location }) => `${text}${location ? ` (${location.file}:${location.line})` : ''}`,
  );
  return `the functions cannot be bundled\n${[...new Set(faults)].join('\n')}`;
};
