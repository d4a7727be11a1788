import { createDataHandle as route } from '../../contract/experiment-routes.ts';
import type { DataHandle } from '../../domain/data-handle.ts';
import { checkDataHandleSpec } from '../../domain/data-handle-spec.ts';
import { useCase } from '../use-case.ts';
import { checkLength } from './check-length.ts';
import type { HttpPorts } from './ports.ts';
import { showDataHandle, showOperation } from './show.ts';
import type { StartPorts } from './start-operation.ts';
import { startOperation } from './start-operation.ts';

type Ports = StartPorts & Pick<HttpPorts, 'dataHandles' | 'bucket' | 'checkScope' | 'entropy'>;

/** Every download makes a new handle: the objects it names may have changed since the last one. */
export const createDataHandle = useCase(
  route,
  async ({ params, body: spec, idempotencyKey }, ports: Ports) => {
    checkDataHandleSpec(spec);
    checkLength(params, spec, ports);
    const { workspace, experiment } = params;
    const dataHandle: DataHandle = {
      workspace,
      experiment,
      dataHandleId: `dh-${ports.entropy.id(10)}`,
      spec,
      status: 'downloading',
      createdAt: ports.clock.now(),
    };
    const { dataHandleId } = dataHandle;
    const operation = await startOperation(
      {
        key: params,
        idempotencyKey,
        body: spec,
        request: async () => ({ kind: 'download', dataHandleId }),
        dataHandle,
      },
      ports,
    );
    const started = await startedHandle(dataHandle, operation.request, ports);
    return {
      status: 202,
      body: { dataHandle: showDataHandle(started), operation: showOperation(operation) },
    };
  },
);

/** The new handle, or, when this call was made before, the one it made then. */
const startedHandle = async (
  created: DataHandle,
  request: { readonly kind: string; readonly dataHandleId?: string },
  { dataHandles }: Ports,
): Promise<DataHandle> => {
  const dataHandleId = request.dataHandleId ?? created.dataHandleId;
  if (dataHandleId === created.dataHandleId) return created;
  return (await dataHandles.find({ ...created, dataHandleId })) ?? created;
};
