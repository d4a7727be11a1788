import { nodeEntropy } from '../../adapters/node-entropy.ts';
import type { AwsPorts } from '../../adapters/testing/aws-ports.ts';
import { storesOver } from '../../adapters/testing/aws-ports.ts';
import type { ExecutionRequest } from '../../domain/ports.ts';
import type { Turns } from './turns.ts';

/** The use cases’ ports: table and bucket of the emulator, every call of which waits for its turn. */
export type WorldPorts = ReturnType<typeof portsOf>;

export const portsOf = (
  aws: AwsPorts,
  turns: Turns,
  start: (request: ExecutionRequest) => void,
) => {
  const terminated: string[] = [];
  return {
    ...aws,
    ...storesOver(turns.through(aws.table)),
    artifacts: turns.through(aws.artifacts),
    savedArtifacts: turns.through(aws.savedArtifacts),
    workflows: {
      start: async (request: ExecutionRequest) => start(request),
      status: async () => 'running' as const,
    },
    jobQueue: {
      terminateByPrefix: (prefix: string) => turns.turn(async () => terminated.push(prefix)),
    },
    isTerminated: (jobName: string) => terminated.some((prefix) => jobName.startsWith(prefix)),
    mlSpecs: { check: async () => [] },
    clock: { now: () => new Date().toISOString() },
    entropy: nodeEntropy,
    maxWorkers: 2,
    gpuHourUsd: 0,
    bucket: 'fanfold-artifacts',
  };
};
