import type { ExperimentKey } from '../../domain/experiment.ts';
import type { Run } from '../../domain/run.ts';
import type { Secrets } from '../../domain/secrets.ts';
import { secretNamesIn, setOfSecret } from '../../domain/secrets.ts';
import { secretsKey } from '../../domain/storage-layout.ts';
import type { WorkerPorts } from './ports.ts';

/** Gives each run's config the values of its secrets; none has no `secrets`. */
export const secretsFor = async (
  key: ExperimentKey,
  runs: readonly Run[],
  { artifacts }: Pick<WorkerPorts, 'artifacts'>,
): Promise<(run: Run) => { readonly secrets?: Secrets }> => {
  const sets = new Set(runs.flatMap(({ config }) => secretNamesIn(config)).map(setOfSecret));
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
