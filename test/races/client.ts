import { DomainError } from '../../domain/domain-error.ts';
import { cancelOperation } from '../../lambdas/http/cancel-operation.ts';
import { createExperiment } from '../../lambdas/http/create-experiment.ts';
import { endExperiment } from '../../lambdas/http/end-experiment.ts';
import { startFit } from '../../lambdas/http/start-fit.ts';
import type { Command } from './model.ts';
import type { WorldPorts } from './ports.ts';

/** Calls the use cases; gives their answers in the model's words. */
export const answerTo = (workspace: string, ports: WorldPorts) => {
  const inExperiment = (experiment: string) => ({ params: { workspace, experiment }, query: {} });

  const create = async ({ name, code }: Command & { kind: 'create' }) => {
    const body = {
      name,
      mlSpec: { fileName: `${code}.py`, source: `# ${code}` },
      epochCheckpoints: false,
    };
    const call = { params: { workspace }, query: {}, body };
    const { experiment, reconnected, superseded } = (await createExperiment.run(call, ports)).body;
    if (reconnected) return `reconnected ${experiment.name}`;
    return `created ${experiment.name}${superseded ? `, superseded ${superseded}` : ''}`;
  };

  const train = async (experiment: string) => {
    const call = { ...inExperiment(experiment), body: { ...fitBody, mlConfig } };
    const { body } = await startFit.run(call, ports);
    return 'operation' in body ? `started ${body.operation}` : 'planned';
  };

  const end = async ({ experiment, saving }: Command & { kind: 'end' }) => {
    const body = { saveEpochCheckpoints: false, ...(saving && { artifactsBucket }) };
    const { body: answer } = await endExperiment.run({ ...inExperiment(experiment), body }, ports);
    if (answer.operation) return `started ${answer.operation.operation}`;
    return answer.ended ? 'ended' : 'nothing to end';
  };

  const cancel = async (experiment: string) => {
    const params = { workspace, experiment, operation: 'current' };
    const { body } = await cancelOperation.run({ params, query: {}, body: {} }, ports);
    return body.cancelled ? 'cancelled' : 'nothing to cancel';
  };

  const answer = (command: Command): Promise<string> => {
    switch (command.kind) {
      case 'create':
        return create(command);
      case 'fit':
        return train(command.experiment);
      case 'end':
        return end(command);
      case 'cancel':
        return cancel(command.experiment);
    }
  };
  return (command: Command): Promise<string> => answer(command).catch(refusal);
};

const refusal = (error: unknown): string => {
  if (error instanceof DomainError) return error.refusal;
  throw error;
};

const artifactsBucket = 's3://fanfold-of-a-user/saved';

const fitBody = {
  dataHandleId: 'd1',
  seed: 1,
  executor: 'single',
  chunkTimeoutSeconds: 60,
  dryRun: false,
} as const;

/** Three runs for two workers. */
const mlConfig = [1, 2, 3].map((lr) => ({
  train: { epochs: 1, batch_size: 1, optimizer: { name: 'SGD', args: { lr } } },
}));
