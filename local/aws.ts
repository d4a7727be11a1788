/* The embedded AWS as SDK clients see it. */

export const region = 'us-east-1';
export const account = '000000000000';

/** The emulator's root: it may do everything, so only deployment and tests' looking-on use it. */
const rootCredentials = { accessKeyId: 'test', secretAccessKey: 'test' };

export interface AwsSettings {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** For S3 only; other clients ignore it. */
  readonly forcePathStyle: true;
}

/** Settings for any SDK client. */
export const awsSettings = (endpoint: string): AwsSettings => ({
  endpoint,
  region,
  credentials: rootCredentials,
  forcePathStyle: true,
});

const apiHost = /^https?:\/\/(?<api>[a-z0-9]+)\.execute-api\.[a-z0-9.-]+(?::\d+)?/;

/** API Gateway's host names resolve nowhere; the same API answers under a path of the emulator. */
export const reachable = (apiUrl: string, endpoint: string): string =>
  apiUrl.replace(apiHost, `${endpoint}/_aws/execute-api/$<api>/%24default`).replace(/\/$/, '');
