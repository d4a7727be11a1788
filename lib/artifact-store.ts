import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { Access } from './access.ts';
import { exportsPrefix, secretsPrefix } from './object-keys.ts';

/** What was overwritten or deleted can be had back for this long. */
const noncurrentDays = 30;
/** No operation takes longer; a clone of a run made later needs its secrets given anew. */
const secretsDays = 365;
/** An export's URL is good for minutes. */
const exportDays = 1;
/** Parts of an upload that nobody finished are billed until they go. */
const incompleteUploadDays = 2;

/** The one bucket: uploads, code, manifests, checkpoints, logs. It outlives its stack. */
export class ArtifactStore extends Construct {
  readonly bucket: Bucket;
  /** Knows the bucket's name, for URIs, and reaches nothing in it. */
  readonly named: Access;
  /** Lists keys; without it S3 answers 403, not 404, for an object that is not there. */
  readonly list: Access;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.bucket = new Bucket(this, 'Bucket', {
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      versioned: true,
      removalPolicy: RemovalPolicy.RETAIN,
      lifecycleRules: [
        {
          abortIncompleteMultipartUploadAfter: Duration.days(incompleteUploadDays),
          noncurrentVersionExpiration: Duration.days(noncurrentDays),
          expiredObjectDeleteMarker: true,
        },
        {
          prefix: exportsPrefix,
          expiration: Duration.days(exportDays),
          noncurrentVersionExpiration: Duration.days(1),
        },
        {
          prefix: secretsPrefix,
          expiration: Duration.days(secretsDays),
          noncurrentVersionExpiration: Duration.days(1),
        },
      ],
    });
    this.named = { environment: { BUCKET_NAME: this.bucket.bucketName }, statements: [] };
    this.list = this.access('s3:ListBucket', this.bucket.bucketArn);
    Validations.of(this.bucket).acknowledge({
      id: 'AwsSolutions-S1',
      reason:
        'Every access is by a role of ours and shows in CloudTrail; a log bucket would cost more than it tells.',
    });
  }

  /** Reads the objects whose keys match, `*` standing for anything. */
  get(keys: string): Access {
    return this.access('s3:GetObject', this.bucket.arnForObjects(keys));
  }

  /** Writes the objects whose keys match, `*` standing for anything. */
  put(keys: string): Access {
    return this.access('s3:PutObject', this.bucket.arnForObjects(keys));
  }

  private access(action: string, resource: string): Access {
    return {
      ...this.named,
      statements: [{ actions: [action], resources: [resource] }],
      pattern: 'Keys start with the workspace and the experiment, of which a function serves all.',
    };
  }
}
