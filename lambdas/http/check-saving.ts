import { DomainError } from '../../domain/domain-error.ts';
import type { Experiment } from '../../domain/experiment.ts';
import { parseS3Uri } from '../../domain/s3-uri.ts';
import { savedArtifactsPrefix } from '../../domain/storage-layout.ts';

/** Refuses to save artifacts where they may not, or what there is none of. */
export const checkSaving = (
  {
    workspace,
    experiment,
    epochCheckpoints,
  }: Pick<Experiment, 'workspace' | 'experiment' | 'epochCheckpoints'>,
  body: { artifactsBucket?: string | undefined; saveEpochCheckpoints: boolean },
  bucket: string,
): void => {
  const place = parseS3Uri(body.artifactsBucket ?? '');
  if (!place) {
    throw new DomainError(
      'invalid-request',
      'artifacts_bucket must be s3://bucket or s3://bucket/prefix',
      [{ pointer: '/artifactsBucket', detail: `${body.artifactsBucket} is not an S3 URI` }],
    );
  }
  const own = savedArtifactsPrefix(workspace);
  if (place.bucket === bucket && !`${place.key}/`.startsWith(own)) {
    throw new DomainError(
      'invalid-request',
      `in Fanfold's own bucket this workspace's artifacts lie under s3://${bucket}/${own}`,
      [{ pointer: '/artifactsBucket', detail: `must start with s3://${bucket}/${own}` }],
    );
  }
  if (body.saveEpochCheckpoints && !epochCheckpoints) {
    throw new DomainError(
      'epoch-checkpoints-disabled',
      `experiment ${experiment} was made with epoch_checkpoints=False and has none to save; leave out save_epoch_checkpoints`,
      [{ pointer: '/saveEpochCheckpoints', detail: 'needs epoch_checkpoints=True' }],
    );
  }
};
