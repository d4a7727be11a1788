import type { IConfiguration, IForbiddenRuleType } from 'dependency-cruiser';

/** What each part may import besides itself. Everything not listed is forbidden. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  domain: ['pure-rand'],
  contract: ['domain', 'zod', 'node:'],
  adapters: [
    'domain',
    'contract',
    '@aws-sdk',
    '@smithy/signature-v4',
    'dynamodb-toolbox',
    'jose',
    'zod',
    'node:',
  ],
  'adapters/testing': ['vitest'],
  lambdas: [
    'domain',
    'contract',
    'adapters',
    'zod',
    '@middy',
    '@aws-lambda-powertools',
    'hyparquet-writer',
    'aws-lambda',
    'node:',
  ],
  lib: ['contract', 'aws-cdk-lib', 'constructs', 'esbuild', 'zod', 'node:'],
  bin: ['lib'],
  'clients/cli': [
    'contract',
    '@commander-js',
    'commander',
    'esbuild',
    'string-width',
    'yaml',
    'zod',
    'node:',
  ],
  local: ['@aws-sdk', 'zod', 'node:'],
  'local/testing': ['vitest'],
  examples: ['local', 'node:'],
  release: ['node:'],
  site: ['contract', 'local', 'node:'],
};

/** What crosses parts: these may import all. */
const crossing = ['test', 'bench'];

/** The folders that have rules. */
export const folders = [
  ...new Set(Object.keys(allowed).map((part) => part.split('/')[0] ?? part)),
  ...crossing,
];

const target = (name: string) =>
  name === 'node:'
    ? { dependencyTypes: ['core' as const] }
    : { path: `^${name}/|(^|/)node_modules/(@types/)?${name}(/|$)` };

const forbidden: IForbiddenRuleType[] = [
  {
    name: 'use-cases-know-no-cloud',
    severity: 'error',
    from: {
      path: '^lambdas/',
      pathNot: '/(handlers|middleware|http-event|logger|telemetry)[.]ts$',
    },
    to: { path: '^adapters/|@middy|@aws-sdk|aws-lambda' },
  },
  {
    name: 'only-generate-touches-files',
    severity: 'error',
    from: { path: '^contract/', pathNot: '^contract/generate[.]ts$' },
    to: { dependencyTypes: ['core'] },
  },
  {
    name: 'what-runs-knows-no-tests',
    severity: 'error',
    from: { pathNot: '^((adapters|domain|local)/testing|test|bench)/' },
    to: { path: '^(adapters|domain|local)/testing/' },
  },
  {
    name: 'only-pack-bundles',
    severity: 'error',
    from: { path: '^clients/cli/', pathNot: '^clients/cli/pack[.]ts$' },
    to: { path: '(^|/)node_modules/esbuild/' },
  },
  { name: 'no-cycle', severity: 'error', from: {}, to: { circular: true } },
  { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
  {
    name: 'no-orphan',
    severity: 'error',
    from: { orphan: true, pathNot: `^(${crossing.join('|')})/` },
    to: {},
  },
];

/** The import rules of the project as dependency-cruiser takes them. */
export const importRules: IConfiguration = {
  forbidden,
  allowed: [
    ...Object.entries(allowed).flatMap(([part, names]) => [
      { from: { path: `^${part}/` }, to: { path: `^${part}/` } },
      ...names.map((name) => ({ from: { path: `^${part}/` }, to: target(name) })),
    ]),
    ...crossing.map((folder) => ({ from: { path: `^${folder}/` }, to: {} })),
  ],
  allowedSeverity: 'error',
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '[.]test[.]ts$' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    preserveSymlinks: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
