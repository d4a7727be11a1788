import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { controlPlane, propertiesOf } from './synthesized.ts';

const runbook = readFileSync(join(import.meta.dirname, '../../docs/runbook.md'), 'utf8');
const anchors = [...runbook.matchAll(/^## (.+)$/gm)].map(([, heading = '']) =>
  heading
    .toLowerCase()
    .replaceAll(/[^a-z0-9 -]/g, '')
    .replaceAll(' ', '-'),
);

describe('events', () => {
  test('a change of a job in our queues is noted, or kept for the operator', () => {
    controlPlane.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: {
        source: ['aws.batch'],
        'detail-type': ['Batch Job State Change'],
        detail: { jobQueue: [Match.anyValue(), Match.anyValue()] },
      },
      Targets: [
        Match.objectLike({
          DeadLetterConfig: Match.anyValue(),
          RetryPolicy: { MaximumEventAgeInSeconds: 7200, MaximumRetryAttempts: 10 },
        }),
      ],
    });
  });

  test('the sweeper comes every minute', () => {
    controlPlane.hasResourceProperties('AWS::Events::Rule', {
      ScheduleExpression: 'rate(1 minute)',
    });
  });

  test('every alarm says what to do, in a section of the runbook that exists', () => {
    const alarms = Object.values(propertiesOf(controlPlane, 'AWS::CloudWatch::Alarm'));
    const linked = alarms.map(
      ({ AlarmDescription }) => AlarmDescription.split('docs/runbook.md#')[1],
    );
    expect(linked).toHaveLength(6);
    expect(anchors).toEqual(expect.arrayContaining(linked));
  });
});
