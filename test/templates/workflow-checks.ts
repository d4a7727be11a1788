import validate from 'asl-validator';
import { describe, expect, test } from 'vitest';
import { controlPlane, type Properties, propertiesOf } from './synthesized.ts';

/** The definition's text, with an ARN that could be one in place of each reference. */
const text = (value: unknown): string => {
  if (typeof value === 'string') return value;
  const { Ref, 'Fn::Join': join } = value as Properties;
  if (join) return join[1].map(text).join(join[0]);
  if (Ref === 'AWS::Partition') return 'aws';
  return 'arn:aws:lambda:eu-west-1:123456789012:function:reference';
};

const definitions: Record<string, Properties> = Object.fromEntries(
  Object.entries(propertiesOf(controlPlane, 'AWS::StepFunctions::StateMachine')).map(
    ([id, { DefinitionString }]) => [id, JSON.parse(text(DefinitionString))],
  ),
);

const find = (part: string): Properties => {
  const found = Object.entries(definitions).find(([id]) => id.includes(part))?.[1];
  if (!found) throw new Error(`no machine ${part}`);
  return found;
};

const fit = find('Operation');
const fanOut = fit['States']['Fan out to the workers'];
const states: Record<string, Properties> = Object.assign(
  {},
  ...Object.values(definitions).map(({ States }) => States),
  fanOut.ItemProcessor.States,
);

describe('workflows', () => {
  test.each(Object.keys(definitions))('%s is valid in the States Language', (id) => {
    const { isValid, errorsText } = validate(structuredClone(definitions[id] ?? {}));
    expect(isValid, errorsText('\n')).toBe(true);
  });

  test('a definition that is not valid is found out', () => {
    const { isValid } = validate({ StartAt: 'Nowhere', States: {} });
    expect(isValid).toBe(false);
  });

  test('the map takes its items by JSONPath, each an execution of its own, in bounded number', () => {
    expect(fanOut).toMatchObject({
      ItemsPath: '$.plan.workers',
      MaxConcurrency: 100,
      ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' } },
    });
    expect(fanOut.QueryLanguage).toBeUndefined();
  });

  test('a throttled SubmitJob is tried again with full jitter', () => {
    const train = states['Train on one worker'];
    expect(train?.['Resource']).toBe('arn:aws:states:::batch:submitJob.sync');
    expect(train?.['Retry']).toMatchObject([
      {
        ErrorEquals: expect.arrayContaining(['Batch.TooManyRequestsException']),
        JitterStrategy: 'FULL',
        MaxDelaySeconds: 60,
      },
    ]);
  });

  test('a job goes to the queue that its launch names', () => {
    const { 'JobQueue.$': queue } = states['Train on one worker']?.['Parameters'] ?? {};
    expect(queue).toMatch(/^States\.ArrayGetItem\(States\.Array\('.+', '.+'\), \$\.queue\)$/);
    expect(states['Take the worker up again']?.['Parameters']['queue.$']).toBe('$.settled.queue');
  });

  test('a job learns where the API is, and its token, and nothing else', () => {
    const { Environment } = states['Train on one worker']?.['Parameters'].ContainerOverrides ?? {};
    expect(Environment.map(({ Name }: { Name: string }) => Name)).toEqual([
      'FANFOLD_URL',
      'FANFOLD_WORKER_TOKEN',
    ]);
  });

  test('a worker is settled however its job ended', () => {
    const train = states['Train on one worker'];
    expect(train?.['Next']).toBe('Settle the worker');
    expect(train?.['Catch']).toEqual([
      { ErrorEquals: ['States.ALL'], ResultPath: '$.failure', Next: 'Settle the worker' },
    ]);
  });

  test('a worker without a job whose runs wait for others is settled again after a while', () => {
    expect(states['Is anything left for the worker?']?.['Choices']).toEqual([
      { Variable: '$.settled.next', StringEquals: 'train', Next: 'Take the worker up again' },
      {
        Variable: '$.settled.next',
        StringEquals: 'wait',
        Next: 'Wait for the runs of other workers',
      },
    ]);
    expect(states['Wait for the runs of other workers']).toEqual({
      Type: 'Wait',
      SecondsPath: '$.settled.seconds',
      Next: 'Settle the worker',
    });
  });

  test('every step is tried again before the operation is given up', () => {
    const steps = Object.entries(states).filter(
      ([, { Type, Resource }]) => Type === 'Task' && !Resource.includes('batch:'),
    );
    expect(steps.length).toBeGreaterThan(4);
    for (const [name, { Retry }] of steps) {
      expect(Retry.at(-1), name).toMatchObject({ ErrorEquals: ['States.ALL'], MaxAttempts: 6 });
    }
  });

  test('a step that cannot be done fails its operation, and the execution with it', () => {
    for (const name of ['Plan the workers', 'Fan out to the workers', 'Save the artifacts']) {
      expect(states[name]?.['Catch'], name).toMatchObject([{ Next: 'Fail the operation' }]);
    }
    expect(states['Fail the operation']?.['Next']).toBe('The operation failed');
    expect(states['The operation failed']?.['Type']).toBe('Fail');
  });

  test('executions end some day, are traced, and log what fails without its data', () => {
    for (const { TimeoutSeconds } of Object.values(definitions))
      expect(TimeoutSeconds).toBeGreaterThan(0);
    for (const machine of Object.values(
      propertiesOf(controlPlane, 'AWS::StepFunctions::StateMachine'),
    )) {
      expect(machine).toMatchObject({
        TracingConfiguration: { Enabled: true },
        LoggingConfiguration: { Level: 'ERROR', IncludeExecutionData: false },
      });
    }
  });
});
