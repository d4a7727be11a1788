import { getPredictions as route } from '../../contract/inference-routes.ts';
import { DomainError } from '../../domain/domain-error.ts';
import type { Operation } from '../../domain/operation.ts';
import { parseS3Uri } from '../../domain/s3-uri.ts';
import { useCase } from '../use-case.ts';
import { findOperation } from './look-up.ts';
import type { HttpPorts } from './ports.ts';

type Ports = Pick<HttpPorts, 'operations' | 'downloads'>;

export const getPredictions = useCase(route, async ({ params }, ports: Ports) => {
  const operation = await findOperation({ ...params, operation: Number(params.operation) }, ports);
  const { fileName, uri } = operation.predictions ?? refuse(operation);
  const download = await ports.downloads.downloadUrl(parseS3Uri(uri)?.key ?? '', fileName);
  return { status: 200, body: { fileName, uri, ...download } };
});

const refuse = ({ operation, request, status }: Operation): never => {
  throw new DomainError(
    'no-predictions',
    request.kind === 'predict'
      ? `prediction ${operation} is ${status}; there is a file once it is completed`
      : `operation ${operation} is no prediction but of kind ${request.kind}`,
  );
};
