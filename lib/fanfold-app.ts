import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, type AppProps } from 'aws-cdk-lib';
import * as z from 'zod/mini';
import { bundle } from './bundle.ts';
import { ComputeStack } from './compute-stack.ts';
import { ControlPlaneStack } from './control-plane-stack.ts';
import type { Deployment } from './deployment.ts';
import { handlers } from './handlers.ts';
import { readSettings } from './settings.ts';

/**
 * The whole deployment. The context of `cdk.json` holds also where no CDK command line reads it; what
 * that says goes before it.
 */
export const fanfoldApp = ({ context, ...props }: AppProps = {}): App => {
  const app = new App({ ...props, context: { ...projectContext(), ...context } });
  const settings = readSettings(app.node);
  const bundles = mkdtempSync(join(tmpdir(), 'fanfold-bundles-'));
  try {
    bundle(handlers, bundles);
    addStacks(app, { settings, bundles });
  } finally {
    // By now the assets are copied to the assembly.
    rmSync(bundles, { recursive: true });
  }
  return app;
};

const projectContext = (): Record<string, unknown> => {
  const file = join(import.meta.dirname, '../cdk.json');
  const shape = z.object({ context: z.record(z.string(), z.unknown()) });
  return z.parse(shape, JSON.parse(readFileSync(file, 'utf8'))).context;
};

const addStacks = (app: App, deployment: Deployment): void => {
  const { settings } = deployment;
  const compute = new ComputeStack(app, `${settings.stackPrefix}Compute`, {
    settings,
    description: 'Fanfold: where workers run',
  });
  new ControlPlaneStack(app, `${settings.stackPrefix}ControlPlane`, {
    deployment,
    jobs: compute.jobs,
    description: 'Fanfold: the API, its state and its workflows',
  });
};
