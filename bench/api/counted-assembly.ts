import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { handlers } from '../../lib/handlers.ts';
import { synthesize } from '../../local/synth.ts';

interface Resource {
  readonly Type: string;
  readonly Properties: {
    readonly Environment?: { readonly Variables: Record<string, unknown> };
    readonly ContainerProperties?: { Command: unknown };
  };
}

interface Counted {
  readonly maxWorkers: number;
  readonly url: string;
  /** As the SDK names them in `AWS_ENDPOINT_URL_…`. */
  readonly services?: readonly string[];
  /** What workers run in place of the engine. */
  readonly command?: readonly string[];
}

/** Writes the service's assembly, changed so that each function's calls of AWS go to `url` under its name. */
export const countedAssembly = async (folder: string, counted: Counted): Promise<string> => {
  const assembly = join(folder, 'assembly');
  const { maxWorkers } = counted;
  cpSync(await synthesize({ maxWorkers }), assembly, { recursive: true });
  for (const name of readdirSync(assembly).filter((file) => file.endsWith('.template.json'))) {
    const template = JSON.parse(readFileSync(join(assembly, name), 'utf8'));
    for (const [id, resource] of Object.entries<Resource>(template.Resources ?? {})) {
      if (resource.Type === 'AWS::Lambda::Function') redirect(id, resource, counted);
      if (resource.Type === 'AWS::Batch::JobDefinition') replaceCommand(resource, counted);
    }
    writeFileSync(join(assembly, name), JSON.stringify(template));
  }
  return assembly;
};

const redirect = (
  id: string,
  { Properties }: Resource,
  { url, services = ['DYNAMODB'] }: Counted,
): void => {
  const variables = Properties.Environment?.Variables;
  if (variables === undefined) return;
  for (const service of services) variables[`AWS_ENDPOINT_URL_${service}`] = url;
  variables['AWS_SDK_UA_APP_ID'] = useCaseOf(id);
};

const replaceCommand = ({ Properties }: Resource, { command }: Counted): void => {
  if (command && Properties.ContainerProperties) Properties.ContainerProperties.Command = command;
};

/** `ApiStartFitFunction1A2B3C4D` is the function of `startFit`; long names are cut short. */
export const useCaseOf = (logicalId: string): string => {
  const found = handlers.find(({ useCase }) => {
    const name = useCase.charAt(0).toUpperCase() + useCase.slice(1);
    return logicalId.includes(`${name}Funct`);
  });
  return found?.useCase ?? logicalId;
};
