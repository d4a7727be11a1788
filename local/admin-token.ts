import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { awsSettings } from './aws.ts';

/** Of a stack on one's own machine: as long as tokens can last, and no one to be protected from. */
const grant = {
  label: 'embedded',
  role: 'admin',
  workspaces: ['*'],
  expiresInDays: 3650,
  callsPerMinute: 1_000_000,
};

interface Service {
  readonly url: string;
  readonly endpoint: string;
  /** The function that makes tokens for operators (docs/deploy.md). */
  readonly issueToken: string;
}

/** The token that may do everything: the one of before, while it is accepted. */
export const adminToken = async (before: string | undefined, service: Service): Promise<string> =>
  before !== undefined && (await isAccepted(before, service)) ? before : issue(service);

const isAccepted = async (token: string, { url }: Service): Promise<boolean> => {
  const headers = { authorization: `Bearer ${token}` };
  return (await fetch(`${url}/v1/tokens?limit=1`, { headers })).ok;
};

const issue = async ({ endpoint, issueToken }: Service): Promise<string> => {
  const { Payload, FunctionError } = await new LambdaClient(awsSettings(endpoint)).send(
    new InvokeCommand({ FunctionName: issueToken, Payload: JSON.stringify(grant) }),
  );
  const answer = Buffer.from(Payload ?? []).toString();
  if (FunctionError !== undefined) throw new Error(`no token was made: ${answer}`);
  return JSON.parse(answer).text;
};
