import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { listLogs } from '../../contract/operation-routes.ts';
import type { LogResource } from '../../contract/resources.ts';
import type { RunningStack } from '../../local/stack.ts';
import { during, tellingSource } from './records-scene.ts';
import { config, freshStack, removeStack, userOf, workspace } from './scene.ts';

/* Several fits in one test take their time where others work too. */
vi.setConfig({ testTimeout: 180_000, hookTimeout: 300_000 });

let stack: RunningStack;
let user: ReturnType<typeof userOf>;

beforeAll(async () => {
  stack = await freshStack();
  user = userOf(stack);
});
afterAll(() => removeStack(stack));

describe('message logs', () => {
  const experiment = 'talkative';
  const params = { workspace, experiment };
  const talkers = ['a', 'b', 'c', 'd'];
  let operation: number;
  let followed: readonly LogResource[];

  interface Query {
    readonly cursor?: string | undefined;
    readonly operation?: string;
    readonly runId?: string;
    readonly level?: 'warning' | 'error';
  }

  /** Reads on from a cursor until there is no more yet. */
  const readOn = async (query: Query) => {
    const items: LogResource[] = [];
    let cursor = query.cursor;
    for (;;) {
      const { body } = await user.call(listLogs, { params, query: { ...query, cursor } });
      items.push(...body.items);
      if (body.nextCursor === cursor) return { items, cursor };
      cursor = body.nextCursor;
    }
  };

  beforeAll(async () => {
    await user.create(experiment, tellingSource);
    const dataHandleId = await user.download(experiment);
    const configs = talkers.map((name) =>
      config({ name, lines: 40 }, { epochs: 3, batch_size: 8 }),
    );
    operation = (await user.start(experiment, dataHandleId, configs)).operation;
    const items: LogResource[] = [];
    let cursor: string | undefined;
    await during(user.ended(experiment, operation), async () => {
      const read = await readOn({ operation: String(operation), cursor });
      items.push(...read.items);
      cursor = read.cursor;
    });
    followed = items;
  });

  const saidBy = (name: string, lines: readonly LogResource[]): number[] =>
    lines
      .filter(({ message }) => message.startsWith(`${name} `))
      .map(({ message }) => Number(message.split(' ')[1]));

  test('of two workers, followed while they talk, miss no line and repeat none', () => {
    for (const name of talkers) {
      const numbers = saidBy(name, followed);
      expect(numbers).toHaveLength(40 * 3 * 8);
      expect(new Set(numbers).size).toBe(numbers.length);
      expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    }
    expect(new Set(followed.map(({ worker }) => worker))).toEqual(new Set([1, 2]));
    expect(new Set(followed.map((line) => line.operation))).toEqual(new Set([operation]));
  });

  test('are the same read again from the start', async () => {
    const { items } = await readOn({ operation: String(operation) });
    const text = (lines: readonly LogResource[]) =>
      lines.map((line) => JSON.stringify(line)).sort();
    expect(text(items)).toEqual(text(followed));
  });

  test('are filtered by run, operation and level', async () => {
    const { items: ofRun } = await readOn({ runId: '2' });
    expect(new Set(ofRun.map(({ runId }) => runId))).toEqual(new Set([2]));
    expect(saidBy('b', ofRun)).toHaveLength(40 * 3 * 8);
    const { items: ofDownload } = await readOn({ operation: '1' });
    expect(ofDownload).toEqual([]);
    const { items: urgent } = await readOn({ level: 'error' });
    expect(urgent).toEqual([]);
    const { items: all } = await readOn({});
    expect(all).toHaveLength(followed.length);
    const { items: warnings } = await readOn({ level: 'warning' });
    expect(warnings.length).toBeLessThan(all.length);
  });

  test.each([
    ['a run that there is not', { runId: '99' }, 'run-not-found'],
    ['an operation that there is not', { operation: '99' }, 'operation-not-found'],
    ['a level that there is not', { level: 'loud' }, 'invalid-request'],
    ['a forged cursor', { cursor: 'bm8' }, 'invalid-request'],
  ])('of %s are refused', async (_, query, name) => {
    const call = user.call(listLogs, { params, query: query as Query });
    await expect(call).rejects.toMatchObject({ name });
  });
});
