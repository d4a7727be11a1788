import type { STSClient } from '@aws-sdk/client-sts';
import { AssumeRoleCommand } from '@aws-sdk/client-sts';
import type { CredentialIssuer, StorageCredentials, StorageScope } from '../domain/ports.ts';
import { storagePolicy } from './storage-policy.ts';

/**
 * The least that STS gives. Credentials cannot be taken back, so this is how long an attempt that was
 * fenced may still reach its experiment's objects (docs/decisions/0019).
 */
const durationSeconds = 900;

/** Credentials of the storage role, narrowed to one worker's scope by a session policy. */
export class StsCredentialIssuer implements CredentialIssuer {
  readonly #client: STSClient;
  readonly #roleArn: string;

  constructor(client: STSClient, roleArn: string) {
    this.#client = client;
    this.#roleArn = roleArn;
  }

  async issue(scope: StorageScope): Promise<StorageCredentials> {
    const { Credentials: issued } = await this.#client.send(
      new AssumeRoleCommand({
        RoleArn: this.#roleArn,
        RoleSessionName: scope.sessionName,
        Policy: storagePolicy(scope),
        DurationSeconds: durationSeconds,
      }),
    );
    if (!issued?.AccessKeyId || !issued.SecretAccessKey || !issued.SessionToken) {
      throw new Error(`STS gave no credentials for ${this.#roleArn}`);
    }
    return {
      accessKeyId: issued.AccessKeyId,
      secretAccessKey: issued.SecretAccessKey,
      sessionToken: issued.SessionToken,
      expiresAt: expiryOf(issued.Expiration),
    };
  }
}

const expiryOf = (at: Date | undefined): string => {
  if (!at) throw new Error('STS gave credentials without an expiry');
  return at.toISOString();
};
