import { expect, it } from 'vitest';
import { changedRuns } from './changed-runs.ts';
import { runItem } from './run-entity.ts';
import { runOf } from './testing/samples.ts';

const record = (pk: string, sk: string, seconds = 1_767_225_660) => ({
  eventName: 'MODIFY',
  dynamodb: { ApproximateCreationDateTime: seconds, Keys: { pk: { S: pk }, sk: { S: sk } } },
});

it('names each run that changed once, and since when the changes wait', () => {
  const runs = [1, 300, 1].map((runId) =>
    runItem(runOf({ workspace: 'default', experiment: 'digits_2-b' }, runId)),
  );
  const Records = runs.map(({ pk, sk }) => record(pk, sk));
  const event = { Records: [...Records, record('WS#default', 'EXP#digits', 1_767_225_600)] };
  expect(changedRuns(event)).toEqual({
    runs: [
      { workspace: 'default', experiment: 'digits_2-b', runId: 1 },
      { workspace: 'default', experiment: 'digits_2-b', runId: 300 },
    ],
    since: '2026-01-01T00:00:00.000Z',
  });
  expect(() => changedRuns({})).toThrow();
});
