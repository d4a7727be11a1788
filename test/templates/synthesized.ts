import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { afterAll } from 'vitest';
import { fanfoldApp } from '../../lib/fanfold-app.ts';

/* The app, synthesized once for all checks, with cdk-nag looking on. */

const folder = mkdtempSync(join(tmpdir(), 'fanfold-templates-'));
afterAll(() => rmSync(folder, { recursive: true }));

const app = fanfoldApp({ outdir: folder });
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));

/** What cdk-nag found, as its report reads; the templates are written all the same. */
export const nagReport = (() => {
  try {
    app.synth();
    return '';
  } catch (error) {
    return String(error);
  }
})();

const file = (stack: string): string => join(folder, `Fanfold${stack}.template.json`);
const read = (stack: string): Template =>
  Template.fromJSON(JSON.parse(readFileSync(file(stack), 'utf8')));

export const templateFiles = [file('Compute'), file('ControlPlane')];
export const compute = read('Compute');
export const controlPlane = read('ControlPlane');

/** The properties of every resource of a type, by logical id. */
export const propertiesOf = (template: Template, type: string): Record<string, Properties> =>
  Object.fromEntries(
    Object.entries(template.findResources(type)).map(([id, resource]) => [
      id,
      resource['Properties'],
    ]),
  );

// biome-ignore lint/suspicious/noExplicitAny: templates are JSON of any shape
export type Properties = Record<string, any>;
