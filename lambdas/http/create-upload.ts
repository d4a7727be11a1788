import { createUpload as route } from '../../contract/service-routes.ts';
import { uploadKey } from '../../domain/storage-layout.ts';
import { useCase } from '../use-case.ts';
import type { HttpPorts } from './ports.ts';

type Ports = Pick<HttpPorts, 'artifacts' | 'uploads'>;

export const createUpload = useCase(
  route,
  async ({ params, body }, { artifacts, uploads }: Ports) => {
    const key = uploadKey(params.workspace, body.path);
    const uploadUrl = await uploads.uploadUrl(key);
    const exists = await artifacts.exists(key);
    return { status: 200, body: { uri: `s3://${artifacts.bucket}/${key}`, uploadUrl, exists } };
  },
);
