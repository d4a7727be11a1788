import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'esbuild';

/*
 * What esbuild cannot know to be unused, since the SDK's own modules ask for it. Should a release of
 * the SDK look otherwise, bundles only get bigger, which their test tells.
 */

/** Modules of the SDK that no function needs, and the least that the rest of the SDK asks of them. */
const standIns: Readonly<Record<string, string>> = {
  // The runtime puts credentials into the environment; the other providers are 114 KB.
  '@aws-sdk/credential-provider-node':
    "export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';",
  // Only calls that we do not make stream events: 20 KB.
  '@smithy/core/event-streams': `
    export const eventStreamSerdeProvider = () => undefined;
    export const resolveEventStreamSerdeConfig = (config) => config;`,
  // DynamoDB's endpoints are discovered only where one asks for it: 8 KB.
  '@aws-sdk/endpoint-cache': 'export class EndpointCache {}',
  // A multi-region access point is not a bucket name that we accept: 4 KB.
  './SignatureV4MultiRegion': `
    import { SignatureV4SignWithCredentials } from './SignatureV4SignWithCredentials';
    export class SignatureV4MultiRegion extends SignatureV4SignWithCredentials {
      static sigv4aDependency() { return 'none'; }
    }`,
  // Nothing here runs with AWS_RETRY_MODE=adaptive: 4 KB.
  '../util-retry/AdaptiveRetryStrategy': 'export class AdaptiveRetryStrategy {}',
  // The runtime puts the region into the environment: 2 KB.
  './getInstanceMetadataRegion': 'export const getInstanceMetadataRegion = undefined;',
  '../config-resolver/regionConfig/getInstanceMetadataRegion':
    'export const getInstanceMetadataRegion = undefined;',
  // Node's bodies are no streams of a browser: 3 KB.
  './sdk-stream-mixin.browser': 'export const sdkStreamMixin = undefined;',
  './createChecksumStream.browser': 'export const createChecksumStream = undefined;',
  // Hashes for where `node:crypto` is not: 8 KB.
  './Md5Js': 'export const Md5Js = undefined;',
  './Sha1Js': 'export const Sha1Js = undefined;',
  './Sha256Js': 'export const Sha256Js = undefined;',
};

/** Leaves out of a bundle what of the AWS SDK it does not need. */
export const leanSdk: Plugin = {
  name: 'lean-sdk',
  setup(build) {
    const replaced = new RegExp(`^(${Object.keys(standIns).join('|').replaceAll('.', '\\.')})$`);
    const words = adapterWords();

    build.onResolve({ filter: replaced }, ({ path, resolveDir }) => ({
      path,
      namespace: 'stand-in',
      sideEffects: false,
      pluginData: resolveDir,
    }));
    build.onLoad({ filter: /./, namespace: 'stand-in' }, ({ path, pluginData: resolveDir }) => ({
      contents: standIns[path] ?? '',
      resolveDir,
    }));
    build.onLoad({ filter: /@aws-sdk\/client-[\w-]+\/dist-es\/schemas\/\w+\.js$/ }, ({ path }) => ({
      contents: withoutErrors(withPlainKeys(readFileSync(path, 'utf8')), words),
    }));
    // Of its package a client tells AWS the version: 2 KB each.
    build.onLoad({ filter: /@aws-sdk\/client-[\w-]+\/package\.json$/ }, ({ path }) => ({
      contents: JSON.stringify({ version: JSON.parse(readFileSync(path, 'utf8')).version }),
      loader: 'json',
    }));
  },
};

/** Shapes whose keys are computed (`[_hH]: …`) count as used, all of them: 48 KB with S3. */
const withPlainKeys = (schemas: string): string => {
  const texts = new Map(
    [...schemas.matchAll(/^const (\w+) = (".*");$/gm)].map(([, name, text]) => [name, text]),
  );
  return schemas.replaceAll(
    /\[(\w+)\]:/g,
    (key, name) => `${texts.get(name) ?? key.slice(0, -1)}:`,
  );
};

/**
 * An error that nobody tells apart by its class comes as the service's general one, with the same name
 * and message, as does every error that the SDK does not know: 12 KB with DynamoDB alone, 29 with
 * S3 and Step Functions.
 */
const withoutErrors = (schemas: string, toldApart: ReadonlySet<string>): string =>
  schemas.replaceAll(/^n0_registry\.registerError\(\w+\$, (\w+)\);$/gm, (registration, error) =>
    toldApart.has(error) ? registration : '',
  );

const adapterWords = (): ReadonlySet<string> => {
  const adapters = join(import.meta.dirname, '../adapters');
  const sources = readdirSync(adapters).filter((file) => file.endsWith('.ts'));
  return new Set(
    sources.flatMap((file) => readFileSync(join(adapters, file), 'utf8').match(/\w+/g) ?? []),
  );
};
