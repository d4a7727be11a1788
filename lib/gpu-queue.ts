import { Duration, Validations } from 'aws-cdk-lib';
import {
  AllocationStrategy,
  EcsMachineImageType,
  FairshareSchedulingPolicy,
  JobQueue,
  ManagedEc2EcsComputeEnvironment,
  type ManagedEc2EcsComputeEnvironmentProps,
} from 'aws-cdk-lib/aws-batch';
import {
  BlockDeviceVolume,
  EbsDeviceVolumeType,
  InstanceType,
  LaunchTemplate,
  MultipartBody,
  MultipartUserData,
  UserData,
} from 'aws-cdk-lib/aws-ec2';
import { ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { GpuNetwork } from './gpu-network.ts';
import type { Settings } from './settings.ts';

/** The hosts with one GPU that we choose from have 4 vCPUs. */
const vCpusOfOneGpuHost = 4;
/** Those with several have up to 12 to a GPU: 48 of 4 (g4dn.12xlarge, g5.12xlarge), 96 of 8 (p4d.24xlarge). */
const vCpusPerGpuOfLargeHosts = 12;
/** The image takes 12 GB, scratch copies of data sets the rest. */
const diskGib = 200;
/** A reclaimed Spot host has two minutes; the engine may use this much of them to checkpoint. */
const stopSeconds = 100;
/** A workspace that used many GPUs in the last hour yields to one that did not. */
const shareDecay = Duration.hours(1);

interface GpuQueueProps {
  readonly network: GpuNetwork;
  readonly settings: Settings;
}

/**
 * The job queues over GPU hosts that are there only while jobs are: Spot first, On-Demand when there is none;
 * and On-Demand alone, for what was taken its hosts again and again.
 */
export class GpuQueue extends Construct {
  readonly queue: JobQueue;
  readonly onDemandQueue: JobQueue;

  constructor(scope: Construct, id: string, { network, settings }: GpuQueueProps) {
    super(scope, id);
    const hosts: ManagedEc2EcsComputeEnvironmentProps = {
      vpc: network.vpc,
      vpcSubnets: { subnets: network.vpc.publicSubnets },
      securityGroups: [network.securityGroup],
      instanceTypes: settings.instanceTypes.map((name) => new InstanceType(name)),
      useOptimalInstanceClasses: false,
      images: [{ imageType: EcsMachineImageType.ECS_AL2023_NVIDIA }],
      instanceRole: this.hostRole(),
      launchTemplate: this.launchTemplate(),
      minvCpus: 0,
      maxvCpus:
        settings.maxGpus *
        (settings.gpusPerWorker === 1 ? vCpusOfOneGpuHost : vCpusPerGpuOfLargeHosts),
      updateToLatestImageVersion: true,
      terminateOnUpdate: false,
    };
    const spot = new ManagedEc2EcsComputeEnvironment(this, 'Spot', {
      ...hosts,
      spot: true,
      allocationStrategy: AllocationStrategy.SPOT_PRICE_CAPACITY_OPTIMIZED,
    });
    const onDemand = new ManagedEc2EcsComputeEnvironment(this, 'OnDemand', {
      ...hosts,
      allocationStrategy: AllocationStrategy.BEST_FIT_PROGRESSIVE,
    });
    const schedulingPolicy = new FairshareSchedulingPolicy(this, 'FairShare', { shareDecay });
    this.queue = new JobQueue(this, 'Queue', {
      computeEnvironments: [
        { computeEnvironment: spot, order: 1 },
        { computeEnvironment: onDemand, order: 2 },
      ],
      schedulingPolicy,
    });
    this.onDemandQueue = new JobQueue(this, 'OnDemandQueue', {
      computeEnvironments: [{ computeEnvironment: onDemand, order: 1 }],
      schedulingPolicy,
    });
  }

  private hostRole(): Role {
    const role = new Role(this, 'HostRole', {
      assumedBy: new ServicePrincipal('ec2.amazonaws.com'),
      managedPolicies: [
        ManagedPolicy.fromAwsManagedPolicyName('service-role/AmazonEC2ContainerServiceforEC2Role'),
      ],
    });
    Validations.of(role).acknowledge({
      id: 'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role]',
      reason: 'AWS’s own list of what its ECS agent needs.',
    });
    return role;
  }

  private launchTemplate(): LaunchTemplate {
    return new LaunchTemplate(this, 'Host', {
      requireImdsv2: true,
      // Keeps bridged containers away. AWS Batch's own use the host's network, and ask here for a Spot notice.
      httpPutResponseHopLimit: 1,
      blockDevices: [
        {
          deviceName: '/dev/xvda',
          volume: BlockDeviceVolume.ebs(diskGib, {
            volumeType: EbsDeviceVolumeType.GP3,
            encrypted: true,
            deleteOnTermination: true,
          }),
        },
      ],
      userData: agentSettings(),
    });
  }
}

/**
 * A host with a Spot notice takes no more jobs. The engine hears of the notice by itself; for whatever stops
 * it otherwise there is time to checkpoint. Batch wants this in MIME parts.
 */
const agentSettings = (): UserData => {
  const script = UserData.forLinux();
  script.addCommands(
    'echo ECS_ENABLE_SPOT_INSTANCE_DRAINING=true >> /etc/ecs/ecs.config',
    `echo ECS_CONTAINER_STOP_TIMEOUT=${stopSeconds}s >> /etc/ecs/ecs.config`,
  );
  const parts = new MultipartUserData();
  parts.addPart(MultipartBody.fromUserData(script));
  return parts;
};
