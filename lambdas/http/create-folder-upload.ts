import { createFolderUpload as route } from '../../contract/service-routes.ts';
import { uploadKey } from '../../domain/storage-layout.ts';
import { useCase } from '../use-case.ts';
import type { HttpPorts } from './ports.ts';

type Ports = Pick<HttpPorts, 'artifacts' | 'uploads'>;

export const createFolderUpload = useCase(
  route,
  async ({ params, body }, { artifacts, uploads }: Ports) => {
    const prefix = uploadKey(params.workspace, `${body.folder}/`);
    const there = await keysThere(prefix, body.paths, artifacts);
    const files = body.paths
      .filter((path) => !there.has(prefix + path))
      .map(async (path) => ({ path, uploadUrl: await uploads.uploadUrl(prefix + path) }));
    const uri = `s3://${artifacts.bucket}/${prefix}`;
    return { status: 200, body: { uri, files: await Promise.all(files) } };
  },
);

/** One list instead of a look at each; a key that others crowd out of it is only sent again. */
const keysThere = async (
  prefix: string,
  paths: readonly string[],
  artifacts: Ports['artifacts'],
): Promise<ReadonlySet<string>> => {
  const [first = ''] = paths.toSorted();
  const justBefore = prefix + first.slice(0, -1);
  const found = await artifacts.list(prefix, { limit: paths.length, after: justBefore });
  return new Set(found.map(({ key }) => key));
};
