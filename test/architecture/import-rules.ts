import type { IConfiguration, IForbiddenRuleType } from 'dependency-cruiser';

const source = '^(bin|lib|lambdas|contract|domain|adapters|local|clients)/';

/** What each folder may import besides itself. Everything not listed is forbidden. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  domain: ['pure-rand'],
  contract: ['domain', 'zod', 'node:'],
  adapters: ['domain', 'contract', '@aws-sdk', 'dynamodb-toolbox', 'node:'],
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
  local: ['@aws-sdk', 'node:'],
  lib: ['contract', 'aws-cdk-lib', 'cdk-nag', 'constructs', 'esbuild', 'zod', 'node:'],
  bin: ['lib', 'aws-cdk-lib', 'node:'],
};

const target = (name: string) =>
  name === 'node:'
    ? { dependencyTypes: ['core' as const] }
    : { path: `^${name}/|(^|/)node_modules/(@types/)?${name}(/|$)` };

const forbidden: IForbiddenRuleType[] = [
  {
    name: 'use-cases-know-no-cloud',
    severity: 'error',
    from: { path: '^lambdas/', pathNot: '/(handlers|middleware|logger|telemetry)[.]ts$' },
    to: { path: '^adapters/|@middy|@aws-sdk|aws-lambda-powertools' },
  },
  { name: 'no-cycle', severity: 'error', from: {}, to: { circular: true } },
  { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
  { name: 'no-orphan', severity: 'error', from: { orphan: true, path: source }, to: {} },
];

/** The import rules of the project as dependency-cruiser takes them. */
export const importRules: IConfiguration = {
  forbidden,
  allowed: Object.entries(allowed).flatMap(([folder, names]) => [
    { from: { path: `^${folder}/` }, to: { path: `^${folder}/` } },
    ...names.map((name) => ({ from: { path: `^${folder}/` }, to: target(name) })),
  ]),
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
