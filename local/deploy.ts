import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStacksCommand,
  paginateDescribeStackEvents,
  type Stack,
  UpdateStackCommand,
} from '@aws-sdk/client-cloudformation';
import {
  CreateBucketCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { type FileAsset, readAssembly, type StackToDeploy } from './assembly.ts';
import { awsSettings, region } from './aws.ts';

export type Outputs = Readonly<Record<string, string>>;

/** By stack: the hash of the template that is deployed. Its assets' hashes are in it. */
export type DeployedHashes = Readonly<Record<string, string>>;

export interface Deployment {
  readonly outputs: Outputs;
  readonly hashes: DeployedHashes;
}

const pollMilliseconds = 30;
const templateBucket = 'fanfold-templates';

interface UploadedStack {
  readonly name: string;
  readonly hash: string;
}

/** Deploys an assembly's stacks in the order of their dependencies, those that changed. */
export const deploy = async (
  assembly: string,
  endpoint: string,
  known: DeployedHashes,
): Promise<Deployment> => {
  const outputs: Record<string, string> = {};
  const hashes: Record<string, string> = {};
  const cloudFormation = new CloudFormationClient(awsSettings(endpoint));
  for (const stack of readAssembly(assembly)) {
    const hash = createHash('sha256').update(stack.template).digest('hex');
    let deployed = await find(cloudFormation, stack.name);
    if (!isComplete(deployed) || known[stack.name] !== hash) {
      await upload([...stack.assets, templateAsset(stack, hash)], endpoint);
      deployed = await put(cloudFormation, { name: stack.name, hash }, deployed);
    }
    hashes[stack.name] = hash;
    for (const { OutputKey, OutputValue } of deployed?.Outputs ?? [])
      outputs[OutputKey ?? ''] = OutputValue ?? '';
  }
  return { outputs, hashes };
};

/** A template over 51,200 bytes cannot go into the request; it is read from a bucket. */
const templateAsset = ({ template }: StackToDeploy, hash: string): FileAsset => ({
  bucket: templateBucket,
  key: `${hash}.json`,
  read: () => Buffer.from(template),
});

const upload = async (assets: readonly FileAsset[], endpoint: string): Promise<void> => {
  const s3 = new S3Client(awsSettings(endpoint));
  for (const Bucket of new Set(assets.map(({ bucket }) => bucket)))
    await s3.send(new CreateBucketCommand({ Bucket }));
  await Promise.all(
    assets.map(async ({ bucket: Bucket, key: Key, read }) => {
      // The key is the content's hash: what is there is the same.
      if (await exists(s3, { Bucket, Key })) return;
      await s3.send(new PutObjectCommand({ Bucket, Key, Body: read() }));
    }),
  );
};

const exists = async (s3: S3Client, named: { Bucket: string; Key: string }): Promise<boolean> => {
  try {
    await s3.send(new HeadObjectCommand(named));
    return true;
  } catch (error) {
    if (error instanceof Error && error.name === 'NotFound') return false;
    throw error;
  }
};

const put = async (
  cloudFormation: CloudFormationClient,
  stack: UploadedStack,
  deployed: Stack | undefined,
): Promise<Stack> => {
  // What a failed creation left cannot be updated.
  if (deployed !== undefined && !isComplete(deployed)) await remove(cloudFormation, stack.name);
  await (isComplete(deployed) ? update : create)(cloudFormation, stack);
  const settled = await settle(cloudFormation, stack.name);
  if (settled !== undefined && /^(CREATE|UPDATE)_COMPLETE$/.test(settled.StackStatus ?? ''))
    return settled;
  const failures = await describeFailures(cloudFormation, stack.name);
  throw new Error(`${stack.name} was not deployed (${settled?.StackStatus}):\n${failures}`);
};

const create = async (
  cloudFormation: CloudFormationClient,
  stack: UploadedStack,
): Promise<void> => {
  await cloudFormation.send(new CreateStackCommand(requestFor(stack)));
};

const update = async (
  cloudFormation: CloudFormationClient,
  stack: UploadedStack,
): Promise<void> => {
  try {
    await cloudFormation.send(new UpdateStackCommand(requestFor(stack)));
  } catch (error) {
    if (!(error instanceof Error && /No updates/.test(error.message))) throw error;
  }
};

const requestFor = ({ name, hash }: UploadedStack) => ({
  StackName: name,
  TemplateURL: `https://s3.${region}.amazonaws.com/${templateBucket}/${hash}.json`,
  Capabilities: ['CAPABILITY_NAMED_IAM' as const],
});

const remove = async (cloudFormation: CloudFormationClient, StackName: string): Promise<void> => {
  await cloudFormation.send(new DeleteStackCommand({ StackName }));
  await settle(cloudFormation, StackName);
};

const settle = async (
  cloudFormation: CloudFormationClient,
  name: string,
): Promise<Stack | undefined> => {
  let stack = await find(cloudFormation, name);
  while (stack?.StackStatus?.endsWith('IN_PROGRESS') === true) {
    await sleep(pollMilliseconds);
    stack = await find(cloudFormation, name);
  }
  return stack;
};

const find = async (
  cloudFormation: CloudFormationClient,
  StackName: string,
): Promise<Stack | undefined> => {
  try {
    const { Stacks } = await cloudFormation.send(new DescribeStacksCommand({ StackName }));
    return Stacks?.find(({ StackStatus }) => StackStatus !== 'DELETE_COMPLETE');
  } catch (error) {
    if (error instanceof Error && /does not exist/.test(error.message)) return undefined;
    throw error;
  }
};

const isComplete = (stack: Stack | undefined): boolean =>
  /^(CREATE|UPDATE|UPDATE_ROLLBACK)_COMPLETE$/.test(stack?.StackStatus ?? '');

const describeFailures = async (
  cloudFormation: CloudFormationClient,
  StackName: string,
): Promise<string> => {
  const failures: string[] = [];
  for await (const page of paginateDescribeStackEvents({ client: cloudFormation }, { StackName }))
    for (const event of page.StackEvents ?? [])
      if (event.ResourceStatus?.endsWith('_FAILED'))
        failures.push(
          `  ${event.LogicalResourceId} (${event.ResourceType}): ${event.ResourceStatusReason}`,
        );
  return failures.join('\n');
};
