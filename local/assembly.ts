import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { account, region } from './aws.ts';
import { zipFolder } from './zip.ts';

/* A cloud assembly: what `cdk synth` leaves for a deployment (the CDK's cloud-assembly-schema). */

const manifestShape = z.object({
  artifacts: z.record(
    z.string(),
    z.object({
      type: z.string(),
      dependencies: z.array(z.string()).optional(),
      properties: z
        .object({ templateFile: z.string().optional(), stackName: z.string().optional() })
        .optional(),
    }),
  ),
});

const assetsShape = z.object({
  files: z.record(
    z.string(),
    z.object({
      source: z.object({ path: z.string(), packaging: z.enum(['zip', 'file']) }),
      destinations: z.record(
        z.string(),
        z.object({ bucketName: z.string(), objectKey: z.string() }),
      ),
    }),
  ),
});

export interface StackToDeploy {
  readonly name: string;
  readonly template: string;
  readonly assets: readonly FileAsset[];
}

export interface FileAsset {
  readonly bucket: string;
  /** Holds the hash of the content. */
  readonly key: string;
  readonly read: () => Buffer;
}

/** The stacks, each after those that it depends on. */
export const readAssembly = (folder: string): readonly StackToDeploy[] => {
  const { artifacts } = manifestShape.parse(readJson(join(folder, 'manifest.json')));
  const ordered = new Set<string>();
  const visit = (id: string): void => {
    for (const dependency of artifacts[id]?.dependencies ?? []) visit(dependency);
    ordered.add(id);
  };
  for (const id of Object.keys(artifacts)) visit(id);
  return [...ordered].flatMap((id) => {
    const { type, properties } = artifacts[id] ?? {};
    if (type !== 'aws:cloudformation:stack' || properties?.templateFile === undefined) return [];
    const template = readFileSync(join(folder, properties.templateFile), 'utf8');
    const name = properties.stackName ?? id;
    return [{ name, template: withoutBootstrapCheck(template), assets: readAssets(folder, id) }];
  });
};

const readAssets = (folder: string, stack: string): FileAsset[] => {
  const { files } = assetsShape.parse(readJson(join(folder, `${stack}.assets.json`)));
  return Object.values(files)
    .filter(({ source }) => !source.path.endsWith('.template.json'))
    .flatMap(({ source, destinations }) =>
      Object.values(destinations).map(({ bucketName, objectKey }) => {
        const path = join(folder, source.path);
        const read = () => (source.packaging === 'zip' ? zipFolder(path) : readFileSync(path));
        return { bucket: resolved(bucketName), key: resolved(objectKey), read };
      }),
    );
};

/** The CDK's check that an account is bootstrapped; here the deployment makes what it needs. */
const withoutBootstrapCheck = (template: string): string => {
  const parsed = z
    .looseObject({ Parameters: z.looseObject({}).optional() })
    .parse(JSON.parse(template));
  const { BootstrapVersion: _, ...parameters } = parsed.Parameters ?? {};
  const { Rules: _rules, ...rest } = parsed;
  return JSON.stringify({ ...rest, Parameters: parameters });
};

const resolved = (text: string): string =>
  text.replaceAll(/\$\{AWS::AccountId\}/g, account).replaceAll(/\$\{AWS::Region\}/g, region);

const readJson = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));
