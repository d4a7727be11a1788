import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { handlers } from '../../lib/handlers.ts';
import { synthesize } from '../../local/synth.ts';

interface Resource {
  readonly Type: string;
  readonly Properties: { Environment?: { Variables: Record<string, unknown> } };
}

/** Writes the service's assembly, changed so that each function's DynamoDB calls go to `url` under its name. */
export const countedAssembly = async (
  folder: string,
  { slots, url }: { readonly slots: number; readonly url: string },
): Promise<string> => {
  const assembly = join(folder, 'assembly');
  cpSync(await synthesize({ maxWorkers: slots }), assembly, { recursive: true });
  for (const name of readdirSync(assembly).filter((file) => file.endsWith('.template.json'))) {
    const template = JSON.parse(readFileSync(join(assembly, name), 'utf8'));
    for (const [id, resource] of Object.entries<Resource>(template.Resources ?? {})) {
      const variables = resource.Properties?.Environment?.Variables;
      if (resource.Type !== 'AWS::Lambda::Function' || variables === undefined) continue;
      variables['AWS_ENDPOINT_URL_DYNAMODB'] = url;
      variables['AWS_SDK_UA_APP_ID'] = useCaseOf(id);
    }
    writeFileSync(join(assembly, name), JSON.stringify(template));
  }
  return assembly;
};

/** `ApiStartFitFunction1A2B3C4D` is the function of `startFit`. */
const useCaseOf = (logicalId: string): string => {
  const found = handlers.find(({ useCase }) => {
    const name = useCase.charAt(0).toUpperCase() + useCase.slice(1);
    return logicalId.includes(`${name}Function`);
  });
  return found?.useCase ?? logicalId;
};
