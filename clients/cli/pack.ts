import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';
import { build } from 'esbuild';

/*
 * `node clients/cli/pack.ts`: makes `clients/cli/dist/fanfold-VERSION.tgz`, which `npm install` takes on
 * any machine: the CLI and all it needs as one JavaScript file.
 */

const here = import.meta.dirname;
const repository = join(here, '../..');
const dist = join(here, 'dist');
const staging = join(dist, 'package');

/** Packages in CommonJS ask for Node's own modules by `require`. */
const requireForCommonJs =
  "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

const bundle = async (): Promise<Metafile> => {
  const { metafile } = await build({
    entryPoints: [join(here, 'bin/fanfold.ts')],
    outfile: join(staging, 'dist/fanfold.js'),
    absWorkingDir: repository,
    bundle: true,
    platform: 'node',
    target: 'node22.12',
    format: 'esm',
    charset: 'utf8',
    legalComments: 'none',
    banner: { js: requireForCommonJs },
    metafile: true,
    logLevel: 'warning',
  });
  chmodSync(join(staging, 'dist/fanfold.js'), 0o755);
  return metafile;
};

/** The licences of what is in the bundle, which have to travel with it. */
const licences = ({ inputs }: Metafile): string => {
  const found = Object.keys(inputs).flatMap((file) => {
    const [folder] = /^node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file) ?? [];
    return folder === undefined ? [] : [folder];
  });
  const told = [...new Set(found)].sort().map((folder) => {
    const files = readdirSync(join(repository, folder));
    const licence = files.find((name) => /^licen[cs]e/i.test(name));
    if (licence === undefined) throw new Error(`${folder} has no licence file`);
    const text = readFileSync(join(repository, folder, licence), 'utf8').trim();
    return `## ${folder.replace('node_modules/', '')}\n\n${text}\n`;
  });
  return ['# Licences of the packages in fanfold.js\n', ...told].join('\n');
};

const manifest = (): object => {
  const { private: _, ...told } = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'));
  return { ...told, bin: { fanfold: 'dist/fanfold.js' } };
};

rmSync(dist, { recursive: true, force: true });
mkdirSync(staging, { recursive: true });
const metafile = await bundle();
writeFileSync(join(staging, 'THIRD-PARTY.md'), licences(metafile));
writeFileSync(join(staging, 'package.json'), `${JSON.stringify(manifest(), undefined, 2)}\n`);
cpSync(join(here, 'README.md'), join(staging, 'README.md'));
cpSync(join(repository, 'LICENSE'), join(staging, 'LICENSE'));
const words = ['pack', staging, '--pack-destination', dist, '--json'];
const [packed] = JSON.parse(execFileSync('npm', words, { encoding: 'utf8' }));
process.stdout.write(`${join(dist, packed.filename)}\n`);
