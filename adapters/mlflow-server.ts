import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Authorize } from './mlflow-api.ts';

interface Named {
  /** Of the server, or the ARN of one that SageMaker manages. */
  readonly uri: string;
  /** Of the secret that opens the server, if it asks for one. */
  readonly secretArn?: string | undefined;
}

/** The server that a tracking URI names, and how requests are let in. */
export const mlflowServer = (
  { uri, secretArn }: Named,
  /** Whose credentials sign what has to be signed. */
  client: SecretsManagerClient,
): { readonly url: string; readonly authorize: Authorize } => {
  const region = managedIn(uri);
  if (region !== undefined) {
    const url = `https://${region}.experiments.sagemaker.aws`;
    return { url, authorize: signed(client, { region, arn: uri }) };
  }
  const authorize = secretArn === undefined ? openToAll : withSecret(client, secretArn);
  return { url: uri, authorize };
};

const openToAll: Authorize = async () => ({});

const managedIn = (uri: string): string | undefined =>
  /^arn:aws(?:-us-gov)?:sagemaker:([a-z0-9-]+):\d+:mlflow-tracking-server\//.exec(uri)?.[1];

/** As SageMaker's plugin for MLflow does it. */
const signed = (
  { config: { credentials, sha256 } }: SecretsManagerClient,
  { region, arn }: { readonly region: string; readonly arn: string },
): Authorize => {
  const signer = new SignatureV4({ service: 'sagemaker-mlflow', region, credentials, sha256 });
  return async ({ method, url, body }) => {
    const { headers } = await signer.sign({
      method,
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: { host: url.host, 'x-mlflow-sm-tracking-server-arn': arn },
      body,
    });
    const { host: _, ...ours } = headers;
    return ours;
  };
};

/** A secret that was changed is in use after this. */
const secretMilliseconds = 60_000;

/** The secret holds `USER:PASSWORD` or a token. */
const withSecret = (client: SecretsManagerClient, SecretId: string): Authorize => {
  let known: { readonly authorization: string; readonly until: number } | undefined;
  return async () => {
    if (known === undefined || known.until < Date.now()) {
      const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId }));
      if (SecretString === undefined) throw new Error(`the secret ${SecretId} holds no text`);
      const until = Date.now() + secretMilliseconds;
      known = { authorization: authorizationBy(SecretString.trim()), until };
    }
    return { authorization: known.authorization };
  };
};

/** RFC 7617 and RFC 6750; a token has no colon in it. */
const authorizationBy = (secret: string): string =>
  secret.includes(':') ? `Basic ${Buffer.from(secret).toString('base64')}` : `Bearer ${secret}`;
