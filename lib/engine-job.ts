import { resolve } from 'node:path';
import { Duration, Size, Stack, Validations } from 'aws-cdk-lib';
import {
  Action,
  EcsEc2ContainerDefinition,
  EcsJobDefinition,
  EcsVolume,
  LinuxParameters,
  Reason,
  RetryStrategy,
} from 'aws-cdk-lib/aws-batch';
import { DockerImageAsset, Platform } from 'aws-cdk-lib/aws-ecr-assets';
import { ContainerImage, LogDriver } from 'aws-cdk-lib/aws-ecs';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { keptLogs } from './log-group.ts';
import type { Settings } from './settings.ts';

/** What the control plane knows of the compute. */
export interface EngineJobArns {
  /** By a launch's `queue`: Spot hosts first, then On-Demand ones alone. */
  readonly jobQueueArns: readonly [string, string];
  /** Without a revision, so that an execution in flight submits the newest one. */
  readonly jobDefinitionName: string;
}

/**
 * What a worker takes of its host: all of the smallest with one GPU, less what the ECS agent and the system keep of
 * their 16 GiB. Those with several have at least 8 vCPUs and 48 GiB for each.
 */
const hostShare = (gpus: number) =>
  gpus === 1
    ? { gpu: 1, cpu: 4, memory: Size.gibibytes(14) }
    : { gpu: gpus, cpu: 8 * gpus, memory: Size.gibibytes(42 * gpus) };
/** PyTorch's data loader processes, and the GPUs of one run, meet in shared memory; Docker gives 64 MiB. */
const sharedMemory = Size.gibibytes(4);

/**
 * Attempts that AWS Batch makes by itself. When they are used up the workflow submits another job as
 * long as runs get further.
 */
const attempts = 5;
/** No run should need it; a hung chunk is ended by the engine's watchdog long before. */
const attemptTimeout = Duration.days(7);

/** The engine's watchdog found a chunk that hangs, and left. */
const hungExitCode = '75';
/** The process took SIGTERM, checkpointed and left. */
const terminatedExitCode = '143';
/** 128 + signal 2 to 11: out of memory (SIGKILL), a crash in a driver (SIGABRT, SIGSEGV). */
const signalledExitCodes = '13*';

/**
 * What may go better on another host is tried again. A process that ended by itself is not: the
 * workflow knows more. Whatever has no exit code, as an image that cannot be pulled, is tried again too.
 */
const retryStrategies = [
  RetryStrategy.of(Action.RETRY, Reason.SPOT_INSTANCE_RECLAIMED),
  RetryStrategy.of(Action.RETRY, Reason.custom({ onExitCode: hungExitCode })),
  RetryStrategy.of(Action.RETRY, Reason.custom({ onExitCode: terminatedExitCode })),
  RetryStrategy.of(Action.RETRY, Reason.custom({ onExitCode: signalledExitCodes })),
  RetryStrategy.of(Action.EXIT, Reason.custom({ onExitCode: '*' })),
];

const engine = resolve(import.meta.dirname, '../containers/engine');

/** The job definition of a worker: the engine's image on its GPUs, with no AWS rights of its own. */
export class EngineJob extends Construct {
  readonly definition: EcsJobDefinition;
  readonly definitionName: string;

  constructor(scope: Construct, id: string, settings: Settings) {
    super(scope, id);
    this.definitionName = `${Stack.of(this).stackName}-engine`;
    const image = new DockerImageAsset(this, 'Image', {
      directory: engine,
      platform: Platform.LINUX_AMD64,
      exclude: ['tests', '**/__pycache__', '**/*.pyc'],
    });
    const logGroup = keptLogs(this, 'Logs', settings);
    const executionRole = new Role(this, 'ExecutionRole', {
      assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com'),
      description: 'Pulls the image and writes the log; the engine never holds it',
    });
    this.definition = new EcsJobDefinition(this, 'Definition', {
      jobDefinitionName: this.definitionName,
      container: new EcsEc2ContainerDefinition(this, 'Container', {
        image: ContainerImage.fromDockerImageAsset(image),
        command: ['python', '-m', 'fanfold_engine'],
        ...hostShare(settings.gpusPerWorker),
        // Where there is no GPU, as in the embedded stack, processes stand for them.
        environment: { FANFOLD_CPU_RANKS: String(settings.gpusPerWorker) },
        executionRole,
        logging: LogDriver.awsLogs({ logGroup, streamPrefix: 'worker' }),
        readonlyRootFilesystem: true,
        volumes: [EcsVolume.host({ name: 'scratch', containerPath: '/tmp' })],
        linuxParameters: new LinuxParameters(this, 'Linux', {
          initProcessEnabled: true,
          sharedMemorySize: sharedMemory,
        }),
      }),
      retryAttempts: attempts,
      retryStrategies,
      timeout: attemptTimeout,
      // A job that waits for a host still needs the revision it was submitted with.
      skipDeregisterOnUpdate: true,
    });
    Validations.of(executionRole).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'ecr:GetAuthorizationToken knows no resources to name.',
    });
  }
}
