import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Node } from 'constructs';
import * as z from 'zod/mini';

/** A list, or on the command line (`-c key=a,b`) its members separated by commas. */
const list = <T extends z.ZodMiniType<string>>(member: T) =>
  z.pipe(
    z.transform((value: unknown) =>
      typeof value === 'string' ? value.split(',').filter((part) => part !== '') : value,
    ),
    z.array(member),
  );

/** A bucket's name; `*` in it stands for anything, as in IAM. */
const bucketName = z.string().check(z.regex(/^[a-z0-9*][a-z0-9.*-]{0,62}$/));

/** Of the sizes with one GPU, the smallest. */
const oneGpuHosts = ['g4dn.xlarge', 'g5.xlarge', 'g6.xlarge'];

/** An MLflow tracking server of SageMaker. */
const managedMlflow =
  /^arn:aws(-us-gov)?:sagemaker:[a-z0-9-]+:\d{12}:mlflow-tracking-server\/[\w-]+$/;

const settingsShape = z.object({
  /** Starts the names of the stacks, so that two deployments fit in one account. */
  stackPrefix: z._default(z.string().check(z.regex(/^[A-Za-z][A-Za-z0-9-]{0,39}$/)), 'Fanfold'),
  /** Workers (AWS Batch jobs) that one operation may have at once. */
  maxWorkers: z._default(z.coerce.number().check(z.int(), z.gte(1), z.lte(100)), 8),
  /** GPUs that all workspaces together may have running, on Spot and on On-Demand hosts each. */
  maxGpus: z._default(z.coerce.number().check(z.int(), z.gte(1), z.lte(1000)), 16),
  /**
   * GPUs of one worker, which train a run of `fsdp_layer_cls` together; other runs use one of them. With more than
   * one, `instanceTypes` has to name hosts that have as many.
   */
  gpusPerWorker: z._default(z.coerce.number().check(z.int(), z.gte(1), z.lte(16)), 1),
  /**
   * What an hour of a GPU costs in USD, for costs, estimates and budgets; 0 leaves them out. The default
   * is the g4dn.xlarge On-Demand in us-east-1; on Spot it costs about a third.
   */
  gpuHourUsd: z._default(z.coerce.number().check(z.gte(0)), 0.526),
  /** Hosts to choose from. What a worker takes of one says `hostShare`. */
  instanceTypes: z._default(
    list(z.string().check(z.regex(/^[a-z0-9-]+\.[a-z0-9]+$/))).check(z.minLength(1)),
    oneGpuHosts,
  ),
  /** Buckets of the user's that `end` may save artifacts to. */
  artifactBuckets: z._default(list(bucketName), []),
  /** Buckets of the user's that data handles and model tags may name, beside Fanfold's own with its uploads. */
  dataBuckets: z._default(list(bucketName), []),
  /** An OpenID Connect provider whose JWTs are accepted beside our own tokens: its URL, as `iss` has it. */
  oidcIssuer: z.optional(z.url()),
  /** What JWTs for this deployment have as `aud`. */
  oidcAudience: z.optional(z.string().check(z.minLength(1))),
  /** An MLflow server that shows all runs: its URL, or the ARN of one that SageMaker manages. */
  mlflowTrackingUri: z.optional(
    z.union([z.url({ protocol: /^https?$/ }), z.string().check(z.regex(managedMlflow))]),
  ),
  /** The secret of AWS Secrets Manager that opens the MLflow server: `USER:PASSWORD` or a token. */
  mlflowSecretArn: z.optional(z.string().check(z.regex(/^arn:aws[\w-]*:secretsmanager:[^*?]+$/))),
  /** Gets the alarms' mails, once it has confirmed the subscription. */
  alarmEmail: z.optional(z.email()),
  /** Gets a mail of every occurrence of a schedule that is over, once it has confirmed the subscription. */
  notifyEmail: z.optional(z.email()),
  /** Gets the same as a POST; it confirms the subscription by a GET of the URL it is sent. */
  notifyWebhook: z.optional(z.url({ protocol: /^https$/ })),
  logRetentionDays: z._default(
    z.coerce.number().check(
      z.refine((days) => Object.values(RetentionDays).includes(days), {
        error: 'must be a number of days that CloudWatch Logs knows: 1, 3, 5, 7, 14, 30, 60, 90, …',
      }),
    ),
    30,
  ),
});

const checkedSettings = settingsShape.check(
  z.refine(({ gpusPerWorker, instanceTypes }) => gpusPerWorker === 1 || !hasOneGpu(instanceTypes), {
    path: ['instanceTypes'],
    error: 'must name hosts with as many GPUs as gpusPerWorker says, for example g5.12xlarge',
  }),
  z.refine(
    ({ oidcIssuer, oidcAudience }) => (oidcIssuer === undefined) === (oidcAudience === undefined),
    {
      path: ['oidcAudience'],
      error: 'must be given with oidcIssuer, and only then',
    },
  ),
  z.refine(
    ({ mlflowTrackingUri, mlflowSecretArn }) =>
      mlflowSecretArn === undefined || /^https:/.test(mlflowTrackingUri ?? ''),
    { path: ['mlflowSecretArn'], error: 'goes with a mlflowTrackingUri that begins with https' },
  ),
  z.refine(({ gpusPerWorker, maxGpus }) => gpusPerWorker <= maxGpus, {
    path: ['maxGpus'],
    error: 'must let one worker have its gpusPerWorker',
  }),
);

/** A worker of several GPUs would wait for ever for a host among these. */
const hasOneGpu = (instanceTypes: readonly string[]): boolean =>
  instanceTypes.some((name) => name.endsWith('.xlarge'));

/** What a deployment may choose: `context` in `cdk.json`, or `-c name=value`. */
export type Settings = Readonly<z.infer<typeof settingsShape>>;

/** Reads the settings from the app's context and refuses wrong ones with a sentence for each. */
export const readSettings = (node: Node): Settings => {
  const given = Object.fromEntries(
    Object.keys(settingsShape.shape).map((name) => [name, node.tryGetContext(name)]),
  );
  const parsed = z.safeParse(checkedSettings, given);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new Error(`the context's settings are not valid\n${faults.join('\n')}`);
};
