import { describe, expect, it } from 'vitest';
import type { ExecutionRequest, Workflows } from '../../domain/ports.ts';
import { newKey } from './samples.ts';

type Ports = {
  readonly workflows: Workflows;
  /** The input an execution was given, by its name. */
  readonly inputOf: (executionName: string) => Promise<unknown>;
};

/** What holds of `Workflows` whose operations take long and whose ends are over at once. */
export const workflowsSuite = (ports: () => Ports) =>
  describe('workflows', () => {
    const newRequest = (experimentId: string): ExecutionRequest => ({
      ...newKey(),
      operation: 3,
      kind: 'fit',
      execution: 1,
      experimentId,
    });

    it('start an execution once, however often they are told', async () => {
      const { workflows, inputOf } = ports();
      const request = newRequest('aaaaaaaaaaaa');
      expect(await workflows.status(request)).toBe('missing');
      await Promise.all([workflows.start(request), workflows.start(request)]);
      await workflows.start(request);
      expect(await workflows.status(request)).toBe('running');
      expect(await workflows.status({ ...request, execution: 2 })).toBe('missing');
      const { workspace, experiment } = request;
      const input = { workspace, experiment, operation: 3, execution: 1 };
      expect(await inputOf('aaaaaaaaaaaa-3-1')).toEqual(input);
    });

    it('start one for a worker that is added, beside that of its operation', async () => {
      const { workflows, inputOf } = ports();
      const request = newRequest('cccccccccccc');
      await workflows.start({ ...request, worker: 4 });
      expect(await workflows.status(request)).toBe('missing');
      expect(await workflows.status({ ...request, worker: 4 })).toBe('running');
      const { workspace, experiment } = request;
      const input = { workspace, experiment, operation: 3, worker: '4', execution: 1 };
      expect(await inputOf('cccccccccccc-3-worker-4-1')).toEqual(input);
    });

    it('do not start one again that is over', async () => {
      const { workflows } = ports();
      const request = { ...newRequest('bbbbbbbbbbbb'), kind: 'end' } as const;
      await workflows.start(request);
      await expect.poll(() => workflows.status(request)).toBe('over');
      await workflows.start(request);
      expect(await workflows.status(request)).toBe('over');
    });
  });
