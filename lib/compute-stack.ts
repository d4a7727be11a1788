import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { EngineJob, type EngineJobArns } from './engine-job.ts';
import { GpuNetwork } from './gpu-network.ts';
import { GpuQueue } from './gpu-queue.ts';
import type { Settings } from './settings.ts';

interface ComputeStackProps extends StackProps {
  readonly settings: Settings;
}

/** Where workers run: network, GPU hosts, queue, image. Costs nothing while no job is queued. */
export class ComputeStack extends Stack {
  readonly jobs: EngineJobArns;

  constructor(scope: Construct, id: string, { settings, ...props }: ComputeStackProps) {
    super(scope, id, props);
    const network = new GpuNetwork(this, 'Network', settings);
    const { queue, onDemandQueue } = new GpuQueue(this, 'Gpu', { network, settings });
    const engine = new EngineJob(this, 'Engine', settings);
    this.jobs = {
      jobQueueArns: [queue.jobQueueArn, onDemandQueue.jobQueueArn],
      jobDefinitionName: engine.definitionName,
    };
    new CfnOutput(this, 'JobQueueArn', { value: queue.jobQueueArn });
    new CfnOutput(this, 'OnDemandJobQueueArn', { value: onDemandQueue.jobQueueArn });
    new CfnOutput(this, 'JobDefinitionArn', { value: engine.definition.jobDefinitionArn });
  }
}
