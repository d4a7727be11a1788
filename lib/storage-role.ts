import { Effect, type IRole, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { Access } from './access.ts';
import type { ArtifactStore } from './artifact-store.ts';
import {
  anyExperimentObject,
  anySecret,
  anyTemplate,
  anyUpload,
  anyWorkspaceKey,
} from './object-keys.ts';
import { acknowledgePatterns } from './patterns.ts';
import { bucketArn } from './user-bucket.ts';

interface StorageRoleProps {
  /** The only role that may assume this one. */
  readonly holder: IRole;
  readonly store: ArtifactStore;
  /** Names of the user's buckets with data and models to read; `*` stands for anything. */
  readonly dataBuckets: readonly string[];
}

/**
 * What workers as a whole may do on S3. Each gets credentials of this role for a quarter of an hour,
 * narrowed by a session policy to its own experiment and its data handle's objects.
 */
export class StorageRole extends Construct {
  readonly assume: Access;

  constructor(scope: Construct, id: string, { holder, store, dataBuckets }: StorageRoleProps) {
    super(scope, id);
    const role = new Role(this, 'Role', {
      assumedBy: holder,
      description: 'S3 for workers; every session is narrowed to one experiment',
    });
    const { bucket } = store;
    const userBuckets = dataBuckets.map(bucketArn);
    const statements = [
      new PolicyStatement({
        actions: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload'],
        resources: [bucket.arnForObjects(anyExperimentObject)],
      }),
      new PolicyStatement({
        actions: ['s3:GetObject', 's3:GetObjectVersion'],
        resources: [bucket.arnForObjects(anyUpload), ...userBuckets.map((arn) => `${arn}/*`)],
      }),
      new PolicyStatement({
        actions: ['s3:ListBucket'],
        resources: [bucket.bucketArn],
        conditions: { StringLike: { 's3:prefix': anyWorkspaceKey } },
      }),
      // Whatever the user's buckets are named.
      new PolicyStatement({
        effect: Effect.DENY,
        actions: ['s3:GetObject', 's3:GetObjectVersion'],
        resources: [bucket.arnForObjects(anySecret), bucket.arnForObjects(anyTemplate)],
      }),
      ...userBuckets.map(
        (arn) => new PolicyStatement({ actions: ['s3:ListBucket'], resources: [arn] }),
      ),
    ];
    for (const statement of statements) {
      role.addToPolicy(statement);
      acknowledgePatterns(role, statement.resources, 'Each session is narrowed to one experiment.');
    }
    this.assume = {
      environment: { STORAGE_ROLE_ARN: role.roleArn },
      statements: [{ actions: ['sts:AssumeRole'], resources: [role.roleArn] }],
    };
  }
}
