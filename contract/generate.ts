import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { jsonSchema, openApi } from './open-api.ts';
import { problemTexts } from './problem.ts';
import { syncAnswer, syncRequest } from './worker-protocol.ts';

/* Writes what other languages need of the contract. */

const root = join(import.meta.dirname, '..');
const engineSchemas = 'containers/engine/src/fanfold_engine/schema';

/** Every generated file by its path in the repository. */
export const generated = (): Record<string, unknown> => ({
  'contract/openapi.json': openApi(),
  [`${engineSchemas}/sync-request.json`]: jsonSchema(syncRequest, 'input'),
  [`${engineSchemas}/sync-answer.json`]: jsonSchema(syncAnswer, 'output'),
  'clients/python/src/fanfold/problems.json': problemTexts,
});

/** The committed files that are not as the contract would write them now. */
export const stale = (): string[] =>
  Object.entries(generated())
    .filter(([path, content]) => readFileSync(join(root, path), 'utf8') !== text(content))
    .map(([path]) => path);

const text = (content: unknown): string => `${JSON.stringify(content, null, 2)}\n`;

if (import.meta.main) {
  for (const [path, content] of Object.entries(generated())) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text(content));
  }
}
