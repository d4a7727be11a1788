import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { controlPlane } from './synthesized.ts';

describe('state', () => {
  test('the table can be restored to any second, and is not deleted with its stack', () => {
    controlPlane.hasResource('AWS::DynamoDB::Table', {
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        BillingMode: 'PAY_PER_REQUEST',
        DeletionProtectionEnabled: true,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
      },
    });
  });

  test('the sparse index of active operations is the only one', () => {
    controlPlane.hasResourceProperties('AWS::DynamoDB::Table', {
      GlobalSecondaryIndexes: [
        Match.objectLike({
          IndexName: 'active',
          KeySchema: [
            { AttributeName: 'activePk', KeyType: 'HASH' },
            { AttributeName: 'activeSk', KeyType: 'RANGE' },
          ],
        }),
      ],
    });
  });

  test('the bucket is private, encrypted and versioned, and is not deleted with its stack', () => {
    controlPlane.hasResource('AWS::S3::Bucket', {
      DeletionPolicy: 'Retain',
      Properties: {
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        BucketEncryption: Match.anyValue(),
        VersioningConfiguration: { Status: 'Enabled' },
        LifecycleConfiguration: {
          Rules: [
            Match.objectLike({
              AbortIncompleteMultipartUpload: { DaysAfterInitiation: 2 },
              NoncurrentVersionExpiration: { NoncurrentDays: 30 },
            }),
            Match.objectLike({ Prefix: 'exports/', ExpirationInDays: 1 }),
            Match.objectLike({ Prefix: 'secrets/', ExpirationInDays: 365 }),
          ],
        },
      },
    });
  });

  test('the bucket refuses whatever comes without TLS', () => {
    controlPlane.hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Effect: 'Deny',
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          }),
        ]),
      },
    });
  });

  test('an operator and the embedded stack find what they need in the outputs', () => {
    expect(Object.keys(controlPlane.findOutputs('*')).sort()).toEqual([
      'AnnouncementsTopicArn',
      'ApiUrl',
      'BucketName',
      'EndMachineArn',
      'IssueTokenFunction',
      'OperationMachineArn',
      'TableName',
      'WorkerMachineArn',
    ]);
  });
});
