import { isDeepStrictEqual } from 'node:util';
import { endExperiment as route } from '../../contract/experiment-routes.ts';
import { DomainError } from '../../domain/domain-error.ts';
import type { Experiment } from '../../domain/experiment.ts';
import type { EndRequest, Operation } from '../../domain/operation.ts';
import { useCase } from '../use-case.ts';
import { checkSaving } from './check-saving.ts';
import { findExperiment } from './look-up.ts';
import type { HttpPorts } from './ports.ts';
import { showOperation } from './show.ts';
import type { StartPorts } from './start-operation.ts';
import { startOperation } from './start-operation.ts';

type Ports = StartPorts & Pick<HttpPorts, 'clock' | 'bucket'>;

export const endExperiment = useCase(
  route,
  async ({ params, body, idempotencyKey }, ports: Ports) => {
    const experiment = await findExperiment(params, ports);
    if (experiment.status === 'ended') return { status: 200, body: { ended: false } };
    if (body.artifactsBucket === undefined) return endAtOnce(experiment, ports);
    checkSaving(experiment, body, ports.bucket);
    const request: EndRequest = {
      kind: 'end',
      artifactsUri: `${body.artifactsBucket.replace(/\/*$/, '/')}${experiment.experiment}/`,
      saveEpochCheckpoints: body.saveEpochCheckpoints,
    };
    const start = {
      key: params,
      idempotencyKey,
      body,
      request: async () => request,
      joins: isSame(request),
    };
    try {
      const operation = await startOperation(start, ports);
      return { status: 202, body: { ended: false, operation: showOperation(operation) } };
    } catch (error) {
      if (hasEnded(error)) return { status: 200, body: { ended: false } };
      throw error;
    }
  },
);

/** Whether an operation saves the same to the same place: who asks for that again goes on with it. */
const isSame =
  (wanted: EndRequest) =>
  ({ request, status }: Operation): boolean =>
    status !== 'cancelling' && isDeepStrictEqual(request, wanted);

/** Another caller's end came first. */
const hasEnded = (error: unknown): boolean =>
  error instanceof DomainError && error.refusal === 'experiment-ended';

const endAtOnce = async (experiment: Experiment, { experiments, clock }: Ports) => {
  if (await experiments.end(experiment, clock.now())) return { status: 200, body: { ended: true } };
  const now = await findExperiment(experiment, { experiments });
  if (now.status === 'ended') return { status: 200, body: { ended: false } };
  throw new DomainError(
    'operation-in-progress',
    `operation ${now.activeOperation} of ${now.experiment} is active; cancel_current() it, then end()`,
  );
};
