import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  CreateSecretCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mlflowServer } from './mlflow-server.ts';
import { type Emulator, startEmulator } from './testing/emulator.ts';

let emulator: Emulator;
let client: SecretsManagerClient;

beforeAll(async () => {
  emulator = await startEmulator();
  client = new SecretsManagerClient(emulator.config);
}, 60_000);
afterAll(() => emulator.stop());

const uri = 'https://mlflow.example.org/team';
const request = { method: 'GET', url: new URL(uri), body: undefined } as const;

describe('a server of one’s own', () => {
  it('is asked without anything where nothing opens it', async () => {
    const { url, authorize } = mlflowServer({ uri }, client);
    expect(url).toBe(uri);
    expect(await authorize(request)).toEqual({});
  });

  it.each([
    ['fanfold:größe:1', `Basic ${Buffer.from('fanfold:größe:1').toString('base64')}`],
    ['dapi0123\n', 'Bearer dapi0123'],
  ])('is opened by a secret that holds %j', async (SecretString, authorization) => {
    const Name = `mlflow-${authorization.length}`;
    const { ARN } = await client.send(new CreateSecretCommand({ Name, SecretString }));
    const { authorize } = mlflowServer({ uri, secretArn: ARN }, client);
    expect(await authorize(request)).toEqual({ authorization });
    // For a minute nothing is asked again.
    await client.send(new PutSecretValueCommand({ SecretId: ARN, SecretString: 'another' }));
    expect(await authorize(request)).toEqual({ authorization });
  });

  it('is not asked at all when its secret cannot be read', async () => {
    const secretArn = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:nothing';
    await expect(mlflowServer({ uri, secretArn }, client).authorize(request)).rejects.toThrow();
  });
});

/** botocore signs the same request at the same moment; prints the Authorization header. */
const oracle = `
import json, sys
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
told = json.load(sys.stdin)
headers = {k: v for k, v in told["headers"].items() if k != "authorization"}
request = AWSRequest(told["method"], told["url"], headers, told.get("body"))
request.context["timestamp"] = headers["x-amz-date"]
auth = SigV4Auth(Credentials("test", "test"), "sagemaker-mlflow", "eu-west-1")
text = auth.string_to_sign(request, auth.canonical_request(request))
print(auth._inject_signature_to_request(request, auth.signature(text, request)).headers["Authorization"])
`;

describe('a server of SageMaker', () => {
  const arn = 'arn:aws:sagemaker:eu-west-1:111122223333:mlflow-tracking-server/ours';

  it.each([
    ['GET', '/api/2.0/mlflow/experiments/get-by-name?experiment_name=default%2Fa%20b', undefined],
    ['POST', '/api/2.0/mlflow/runs/log-batch', '{"run_id":"größe"}'],
  ] as const)(
    'gets requests that are signed as botocore signs them: %s',
    async (method, path, body) => {
      const { url, authorize } = mlflowServer({ uri: arn }, client);
      expect(url).toBe('https://eu-west-1.experiments.sagemaker.aws');
      const asked = new URL(path, url);
      const headers = await authorize({ method, url: asked, body });
      expect(headers).toMatchObject({ 'x-mlflow-sm-tracking-server-arn': arn });
      const told = { method, url: asked.href, headers, body };
      const python = join(import.meta.dirname, '../.venv/bin/python');
      const signing = promisify(execFile)(python, ['-c', oracle]);
      signing.child.stdin?.end(JSON.stringify(told));
      expect(headers['authorization']).toBe((await signing).stdout.trim());
    },
  );
});
