// Handlers of the tests' stack; they reach the table as real ones do, signed with their role's credentials.
import { createHash, createHmac } from 'node:crypto';

export const authorize = async (event) => ({
  isAuthorized: event.headers.authorization === 'Bearer good',
  context: { calls: 'one' },
});

export const http = async (event) => ({
  statusCode: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({
    version: event.version,
    route: event.routeKey,
    parameters: event.pathParameters,
    body: event.body,
    authorizer: event.requestContext.authorizer?.lambda,
    node: process.version,
    endpoint: process.env.AWS_ENDPOINT_URL,
    key: process.env.AWS_ACCESS_KEY_ID,
    pid: process.pid,
    megabytes: Math.round(process.memoryUsage().rss / 2 ** 20),
  }),
});

export const slow = async () => {
  await new Promise((resolve) => setTimeout(resolve, 300));
  return { statusCode: 200, body: String(process.pid) };
};

export const fail = async () => {
  const error = new Error('as asked');
  error.name = 'Unsettled';
  throw error;
};

/** Keeps each event it is invoked with as an item. */
export const keep = async (event) => {
  const item = {
    pk: { S: event.source ?? 'none' },
    sk: { S: event.id },
    event: { S: JSON.stringify(event) },
  };
  return dynamodb('PutItem', { TableName: process.env.TABLE_NAME, Item: item });
};

/** Tries what its role does not allow. */
export const scan = async () => dynamodb('Scan', { TableName: process.env.TABLE_NAME });

const dynamodb = async (operation, input) => {
  const url = new URL(process.env.AWS_ENDPOINT_URL);
  const body = JSON.stringify(input);
  const answer = await fetch(url, { method: 'POST', body, headers: signed(url, operation, body) });
  return { status: answer.status, body: await answer.text() };
};

const hmac = (key, text) => createHmac('sha256', key).update(text).digest();
const sha256 = (text) => createHash('sha256').update(text).digest('hex');

const signed = (url, operation, body) => {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION } = process.env;
  const time = new Date().toISOString().replace(/[:-]|\.\d{3}/g, '');
  const scope = [time.slice(0, 8), AWS_REGION, 'dynamodb', 'aws4_request'];
  const headers = {
    'content-type': 'application/x-amz-json-1.0',
    host: url.host,
    'x-amz-date': time,
    'x-amz-security-token': AWS_SESSION_TOKEN,
    'x-amz-target': `DynamoDB_20120810.${operation}`,
  };
  const names = Object.keys(headers).join(';');
  const lines = Object.entries(headers)
    .map(([name, value]) => `${name}:${value}\n`)
    .join('');
  const request = ['POST', '/', '', lines, names, sha256(body)].join('\n');
  const text = ['AWS4-HMAC-SHA256', time, scope.join('/'), sha256(request)].join('\n');
  const key = scope.reduce(hmac, `AWS4${AWS_SECRET_ACCESS_KEY}`);
  const signature = hmac(key, text).toString('hex');
  const credential = `${AWS_ACCESS_KEY_ID}/${scope.join('/')}`;
  return {
    ...headers,
    authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names}, Signature=${signature}`,
  };
};
