import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A handler to bundle: `{useCase}Handler`, exported by `lambdas/{folder}/handlers.ts`. */
export interface Handler {
  readonly folder: string;
  readonly useCase: string;
}

export interface Bundling {
  readonly handlers: readonly Handler[];
  readonly target: string;
  readonly sources: string;
}

export interface Bundle {
  readonly useCase: string;
  readonly sizeBytes: number;
  /** How many bytes of it are from which package. */
  readonly packages: Readonly<Record<string, number>>;
}

const lambdas = resolve(import.meta.dirname, '../lambdas');

/** CDK builds its stacks synchronously; esbuild takes plugins only where it may take its time. */
const bundler = fileURLToPath(new URL('./bundler.ts', import.meta.url));

const maxReportBytes = 16 * 1024 ** 2;

/**
 * Bundles every handler alone, so that a function loads only what its use case needs, and all in one
 * run. Each becomes `{target}/{useCase}/index.mjs`, which exports `handler`.
 */
export const bundle = (
  handlers: readonly Handler[],
  target: string,
  sources: string = lambdas,
): readonly Bundle[] => {
  const bundling: Bundling = { handlers, target, sources };
  const { status, stdout, stderr } = spawnSync(process.execPath, [bundler], {
    input: JSON.stringify(bundling),
    encoding: 'utf8',
    maxBuffer: maxReportBytes,
  });
  if (status !== 0) throw new Error(`the functions cannot be bundled\n${stderr}`);
  return JSON.parse(stdout);
};
