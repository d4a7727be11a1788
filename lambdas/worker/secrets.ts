import type { LeafConfig } from '../../domain/config.ts';
import type { ExperimentKey } from '../../domain/experiment.ts';
import type { Secrets } from '../../domain/secrets.ts';
import { secretNamesIn, setOfSecret } from '../../domain/secrets.ts';
import { secretsKey } from '../../domain/storage-layout.ts';
import type { WorkerPorts } from './ports.ts';

/** What has a config: a run, or a model that is used. */
interface Configured {
  readonly config: LeafConfig;
}

/** Gives each one's config the values of its secrets; none has no `secrets`. */
export const secretsFor = async (
  key: ExperimentKey,
  configured: readonly Configured[],
  { artifacts }: Pick<WorkerPorts, 'artifacts'>,
): Promise<(one: Configured) => { readonly secrets?: Secrets }> => {
  const sets = new Set(configured.flatMap(({ config }) => secretNamesIn(config)).map(setOfSecret));
  const read = await Promise.all([...sets].map((set) => readSet(key, set, artifacts)));
  const values: Secrets = Object.assign({}, ...read);
  return ({ config }) => {
    const named = secretNamesIn(config).map((name) => [name, values[name] ?? '']);
    return named.length === 0 ? {} : { secrets: Object.fromEntries(named) };
  };
};

const readSet = async (
  key: ExperimentKey,
  set: string,
  artifacts: WorkerPorts['artifacts'],
): Promise<Secrets> => {
  const text = await artifacts.getText(secretsKey(key, set));
  if (text === undefined) throw new Error(`the secrets ${set} of ${key.experiment} are gone`);
  return JSON.parse(text);
};
