import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { repository } from '../local/places.ts';
import { run } from './program.ts';

/** The Python packages that decide what the figures mean. */
const packages = ['torch', 'ray', 'metaflow', 'ministack'] as const;
const bytesPerGib = 1024 ** 3;

/** What the figures were measured on, in one sentence each. */
export const describeMachine = async (): Promise<readonly string[]> => [
  `${availableParallelism()} cores (${cpus()[0]?.model.trim()}), ${(totalmem() / bytesPerGib).toFixed(0)} GiB memory, ${process.platform} ${process.arch}`,
  `Fanfold ${versionOfFanfold()}, Node ${process.versions.node}, ${await pythonVersions()}`,
];

const versionOfFanfold = (): string =>
  JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')).version;

const pythonVersions = async (): Promise<string> => {
  const code = `import importlib.metadata as found, platform
print(", ".join(["Python " + platform.python_version(), *(f"{name} {found.version(name)}" for name in ${JSON.stringify(packages)})]))`;
  return (await run(['python', '-c', code], { folder: tmpdir() })).output.trim();
};
