import { expect } from 'vitest';
import type { AwsPorts } from '../../adapters/testing/aws-ports.ts';
import type { Experiment } from '../../domain/experiment.ts';
import type { Operation, OperationStatus } from '../../domain/operation.ts';
import { isActive } from '../../domain/operation.ts';
import type { Run, RunStatus } from '../../domain/run.ts';
import { isOpen } from '../../domain/run.ts';

/** All that is kept of an experiment's state. */
interface Kept {
  readonly experiment: Experiment;
  readonly operations: readonly Operation[];
  readonly runs: readonly Run[];
}

export type Snapshot = readonly Kept[];

/** What lies in the table. */
export const snapshotOf = async (aws: AwsPorts, workspace: string): Promise<Snapshot> => {
  const { items } = await aws.experiments.list(workspace, { limit: 100 });
  return Promise.all(
    items.map(async (experiment) => {
      const range = { firstRunId: 1, lastRunId: 1000 };
      const [operations, runs] = await Promise.all([
        aws.operations.list(experiment, { limit: 100 }),
        aws.runs.list(experiment, { ...range, limit: 1000 }),
      ]);
      return { experiment, operations: operations.items, runs: runs.items };
    }),
  );
};

const operationMay: Readonly<Record<OperationStatus, readonly OperationStatus[]>> = {
  pending: ['running', 'cancelling', 'completed', 'cancelled', 'failed'],
  running: ['cancelling', 'completed', 'cancelled', 'failed'],
  cancelling: ['cancelled'],
  completed: [],
  cancelled: [],
  failed: [],
};

const runMay: Readonly<Record<RunStatus, readonly RunStatus[]>> = {
  new: ['ongoing', 'stopped', 'failed', 'deleted'],
  ongoing: ['stopped', 'completed', 'failed', 'deleted'],
  stopped: ['ongoing', 'deleted'],
  completed: ['deleted'],
  failed: ['deleted'],
  deleted: [],
};

/** Whether a state may be, and may come after the one before it. */
export const expectLegal = (before: Snapshot, after: Snapshot): void => {
  expect(after.filter(({ experiment }) => experiment.status === 'alive').length).toBeLessThan(2);
  for (const kept of after) {
    expectConsistent(kept);
    const earlier = before.find(({ experiment }) => experiment.id === kept.experiment.id);
    if (earlier) expectFollows(earlier, kept);
  }
  const gone = before.filter(
    (one) => !after.some((kept) => kept.experiment.id === one.experiment.id),
  );
  expect(gone).toEqual([]);
};

const expectConsistent = ({ experiment, operations, runs }: Kept): void => {
  expect(operations.map(({ operation }) => operation)).toEqual(
    Array.from({ length: experiment.lastOperation }, (_, i) => i + 1),
  );
  const active = operations.filter(isActive).map(({ operation }) => operation);
  expect(active).toEqual(
    experiment.activeOperation === undefined ? [] : [experiment.activeOperation],
  );
  const ids = runs.map(({ runId }) => runId);
  expect(ids).toEqual(ids.filter((id) => id <= experiment.lastRunId));
  for (const run of runs.filter(isOpen)) expect(active).toContain(run.operation);
};

const expectFollows = (before: Kept, after: Kept): void => {
  expect([before.experiment.status, after.experiment.status]).not.toEqual(['ended', 'alive']);
  for (const was of before.operations) {
    const is = after.operations[was.operation - 1];
    const may = [was.status, ...operationMay[was.status]];
    expect(may, `operation ${was.operation}`).toContain(is?.status);
  }
  for (const was of before.runs) {
    const is = after.runs.find(({ runId }) => runId === was.runId);
    expect([was.status, ...runMay[was.status]], `run ${was.runId}`).toContain(is?.status);
  }
};

/** A snapshot after which nothing more happens, as the model knows it. */
export const asModel = (snapshot: Snapshot) =>
  Object.fromEntries(
    snapshot.map(({ experiment, operations }) => [
      experiment.experiment,
      {
        requestedName: experiment.requestedName,
        code: Number.parseInt(experiment.mlSpec.fileName, 10),
        endedBy: experiment.endedBy,
        active: experiment.activeOperation,
        operations: operations.map(({ request, status }) => ({
          ends: request.kind === 'end',
          status,
        })),
      },
    ]),
  );
