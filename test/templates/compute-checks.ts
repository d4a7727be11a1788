import { App } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { ComputeStack } from '../../lib/compute-stack.ts';
import { readSettings } from '../../lib/settings.ts';
import { compute, propertiesOf } from './synthesized.ts';

const environments = propertiesOf(compute, 'AWS::Batch::ComputeEnvironment');
const [job = {}] = Object.values(propertiesOf(compute, 'AWS::Batch::JobDefinition'));
const queues = Object.values(propertiesOf(compute, 'AWS::Batch::JobQueue'));

/** Kinds of hosts that a queue asks for, in order. */
const hostsOf = (queue: (typeof queues)[number] | undefined) => {
  const order: { Order: number; ComputeEnvironment: { 'Fn::GetAtt': [string] } }[] =
    queue?.['ComputeEnvironmentOrder'];
  return order
    .sort((a, b) => a.Order - b.Order)
    .map(({ ComputeEnvironment }) => environments[ComputeEnvironment['Fn::GetAtt'][0]])
    .map((environment) => environment?.['ComputeResources'])
    .map(({ Type, AllocationStrategy }) => [Type, AllocationStrategy]);
};

describe('compute', () => {
  test('scales to zero', () => {
    expect(Object.keys(environments)).toHaveLength(2);
    for (const { ComputeResources } of Object.values(environments)) {
      expect(ComputeResources['MinvCpus']).toBe(0);
      expect(ComputeResources['DesiredvCpus'] ?? 0).toBe(0);
      expect(ComputeResources['MaxvCpus']).toBe(64);
    }
  });

  test('asks for Spot hosts first and for On-Demand ones when there are none, or for these alone', () => {
    const [queue, onDemandQueue] = queues;
    expect(hostsOf(queue)).toEqual([
      ['SPOT', 'SPOT_PRICE_CAPACITY_OPTIMIZED'],
      ['EC2', 'BEST_FIT_PROGRESSIVE'],
    ]);
    expect(hostsOf(onDemandQueue)).toEqual([['EC2', 'BEST_FIT_PROGRESSIVE']]);
    for (const { SchedulingPolicyArn } of queues) expect(SchedulingPolicyArn).toBeDefined();
  });

  test('an idle network costs nothing and lets nobody in', () => {
    compute.resourceCountIs('AWS::EC2::NatGateway', 0);
    compute.resourceCountIs('AWS::EC2::SecurityGroupIngress', 0);
    for (const group of Object.values(propertiesOf(compute, 'AWS::EC2::SecurityGroup'))) {
      expect(group['SecurityGroupIngress']).toBeUndefined();
      expect(group['SecurityGroupEgress']).toMatchObject([{ FromPort: 443, ToPort: 443 }]);
    }
    compute.hasResourceProperties('AWS::EC2::VPCEndpoint', { VpcEndpointType: 'Gateway' });
  });

  test('a host answers for its metadata by token only and no further than itself, and its disk is encrypted', () => {
    compute.hasResourceProperties('AWS::EC2::LaunchTemplate', {
      LaunchTemplateData: {
        MetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 1 },
        BlockDeviceMappings: [Match.objectLike({ Ebs: Match.objectLike({ Encrypted: true }) })],
      },
    });
  });

  test('a job runs the engine on one GPU with no AWS rights of its own', () => {
    const { ContainerProperties } = job;
    expect(ContainerProperties).toMatchObject({
      Command: ['python', '-m', 'fanfold_engine'],
      ReadonlyRootFilesystem: true,
      ResourceRequirements: expect.arrayContaining([
        { Type: 'GPU', Value: '1' },
        { Type: 'VCPU', Value: '4' },
        { Type: 'MEMORY', Value: '14336' },
      ]),
    });
    expect(ContainerProperties).not.toHaveProperty('JobRoleArn');
    expect(ContainerProperties).not.toHaveProperty('Privileged');
  });

  test('with several GPUs per worker a job takes as many of a larger host', () => {
    const app = new App({ context: { gpusPerWorker: 4, instanceTypes: 'g5.12xlarge' } });
    const settings = readSettings(app.node);
    const large = Template.fromStack(new ComputeStack(app, 'Large', { settings }));
    large.hasResourceProperties('AWS::Batch::JobDefinition', {
      ContainerProperties: {
        ResourceRequirements: Match.arrayWith([
          { Type: 'MEMORY', Value: '172032' },
          { Type: 'VCPU', Value: '32' },
          { Type: 'GPU', Value: '4' },
        ]),
      },
    });
    large.allResourcesProperties('AWS::Batch::ComputeEnvironment', {
      ComputeResources: Match.objectLike({ InstanceTypes: ['g5.12xlarge'], MaxvCpus: 192 }),
    });
  });

  test('an attempt is made anew where another host may help, and only there', () => {
    const { RetryStrategy } = job;
    expect(RetryStrategy['Attempts']).toBe(5);
    expect(RetryStrategy['EvaluateOnExit'].length).toBeLessThanOrEqual(5);
    const rules = RetryStrategy['EvaluateOnExit'].map(
      ({ Action, OnExitCode, OnStatusReason }: Record<string, string>) => [
        OnExitCode ?? OnStatusReason,
        Action?.toUpperCase(),
      ],
    );
    expect(rules).toEqual([
      ['Host EC2*', 'RETRY'],
      ['75', 'RETRY'],
      ['143', 'RETRY'],
      ['13*', 'RETRY'],
      ['*', 'EXIT'],
    ]);
  });

  test('the outputs name the queue and the definition', () => {
    const outputs = Object.keys(compute.findOutputs('*'));
    expect(outputs).toEqual(
      expect.arrayContaining(['JobQueueArn', 'OnDemandJobQueueArn', 'JobDefinitionArn']),
    );
  });
});
