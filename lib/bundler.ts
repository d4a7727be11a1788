import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { BuildFailure, Metafile } from 'esbuild';
import { build } from 'esbuild';
import type { Bundle, Bundling, Handler } from './bundle.ts';
import { leanSdk } from './lean-sdk.ts';

/* Run by `bundle`: takes a bundling as JSON, tells the bundles as JSON. */

const bundleAll = async ({ handlers, target, sources }: Bundling): Promise<readonly Bundle[]> => {
  const entries = join(target, '.entries');
  mkdirSync(entries, { recursive: true });
  const entryPoints = handlers.map((handler) => ({
    in: writeEntry(handler, entries, sources),
    out: join(handler.useCase, 'index'),
  }));
  try {
    const { metafile } = await build({
      entryPoints,
      outdir: target,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      platform: 'node',
      target: 'node24',
      format: 'esm',
      mainFields: ['module', 'main'],
      minify: true,
      charset: 'utf8',
      legalComments: 'none',
      plugins: [leanSdk],
      metafile: true,
      logLevel: 'silent',
    });
    return handlers.map(({ useCase }) => weigh(useCase, metafile, join(target, useCase)));
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

const weigh = (useCase: string, { outputs }: Metafile, folder: string): Bundle => {
  const output = outputs[relative('', join(folder, 'index.mjs'))];
  if (!output) throw new Error(`esbuild wrote nothing to ${folder}`);
  const packages: Record<string, number> = {};
  for (const [file, { bytesInOutput }] of Object.entries(output.inputs)) {
    const name = packageOf(file);
    packages[name] = (packages[name] ?? 0) + bytesInOutput;
  }
  return { useCase, sizeBytes: output.bytes, packages };
};

const packageOf = (file: string): string =>
  /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? 'fanfold';

const isBuildFailure = (failure: unknown): failure is BuildFailure =>
  failure instanceof Error && 'errors' in failure;

const explain = (failure: unknown): string => {
  if (!isBuildFailure(failure)) return String(failure);
  const faults = failure.errors.map(
    ({ text, location }) => `${text}${location ? ` (${location.file}:${location.line})` : ''}`,
  );
  return [...new Set(faults)].join('\n');
};

try {
  process.stdout.write(JSON.stringify(await bundleAll(JSON.parse(readFileSync(0, 'utf8')))));
} catch (failure) {
  process.stderr.write(explain(failure));
  process.exitCode = 1;
}
