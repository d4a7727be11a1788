import type { Experiment, ExperimentKey } from '../domain/experiment.ts';
import type { Instant } from '../domain/instant.ts';
import type { ExperimentStore, Page, PageRequest } from '../domain/ports.ts';
import { decodeCursor, toPage } from './cursor.ts';
import type { DynamoTable, Update } from './dynamo-table.ts';
import { absent } from './dynamo-table.ts';
import { experimentEntity, experimentSortKey, toExperiment } from './experiment-entity.ts';
import { fromItem, keyOf, toItem } from './stored-item.ts';
import { workspacePartition } from './table-keys.ts';
import { workspaceEntity } from './workspace-entity.ts';

/** Experiments, and in each workspace's own item the name of the one that is alive. */
export class DynamoExperimentStore implements ExperimentStore {
  readonly #table: DynamoTable;

  constructor(table: DynamoTable) {
    this.#table = table;
  }

  async find(key: ExperimentKey): Promise<Experiment | undefined> {
    const item = await this.#table.get(keyOf(experimentEntity, key));
    return item && toExperiment(item);
  }

  async findAlive(workspace: string): Promise<Experiment | undefined> {
    const item = await this.#table.get(keyOf(workspaceEntity, { workspace }));
    const experiment = item && fromItem(workspaceEntity, item).aliveExperiment;
    return experiment === undefined ? undefined : this.find({ workspace, experiment });
  }

  async list(
    workspace: string,
    {
      limit,
      maxBytes,
      cursor,
      status,
    }: PageRequest & { readonly status?: Experiment['status'] | undefined },
  ): Promise<Page<Experiment>> {
    const [last] = cursor === undefined ? [] : decodeCursor(cursor, /^([A-Za-z0-9._-]{1,80})$/);
    const items = await this.#table.query({
      partition: workspacePartition(workspace),
      // `!` sorts before, and `~` after, every character of a name.
      from: experimentSortKey(last === undefined ? '' : `${last}!`),
      to: experimentSortKey('~'),
      limit: limit + 1,
      ...(status && { filter: '#status = :status', values: { ':status': status } }),
    });
    return toPage(items.map(toExperiment), { limit, maxBytes }, ({ experiment }) => experiment);
  }

  async create(
    created: Experiment,
    superseded: Experiment | undefined,
  ): Promise<'created' | 'name-taken' | 'alive-changed'> {
    // DynamoDB refuses to touch one item twice in a transaction.
    if (superseded?.experiment === created.experiment) return 'name-taken';
    const obstacles = await this.#table.transact([
      { put: toItem(experimentEntity, created), condition: absent },
      becomesAlive(created, superseded),
      ...(superseded ? [becomesSuperseded(superseded, created.createdAt)] : []),
    ]);
    if (!obstacles) return 'created';
    const [name, ...alive] = obstacles;
    // With a stale view of what is alive, the name is to be chosen anew as well.
    return name === 'condition' && !alive.includes('condition') ? 'name-taken' : 'alive-changed';
  }

  async end(key: ExperimentKey, at: Instant): Promise<boolean> {
    const obstacles = await this.#table.transact([
      {
        key: keyOf(experimentEntity, key),
        update: 'SET #status = :ended, #endedBy = :ended, #endedAt = :at',
        condition: '#status = :alive AND attribute_not_exists(#activeOperation)',
        values: { ':alive': 'alive', ':ended': 'ended', ':at': at },
      },
      leavesWorkspace(key),
    ]);
    return obstacles === undefined;
  }
}

const becomesAlive = (
  { workspace, experiment }: ExperimentKey,
  superseded: ExperimentKey | undefined,
): Update => ({
  key: keyOf(workspaceEntity, { workspace }),
  update: 'SET #workspace = :workspace, #aliveExperiment = :name',
  condition: superseded
    ? '#aliveExperiment = :superseded'
    : 'attribute_not_exists(#aliveExperiment)',
  values: {
    ':workspace': workspace,
    ':name': experiment,
    ':superseded': superseded?.experiment,
  },
});

const becomesSuperseded = (superseded: ExperimentKey, at: Instant): Update => ({
  key: keyOf(experimentEntity, superseded),
  update: 'SET #status = :ended, #endedBy = :superseded, #endedAt = :at',
  condition: '#status = :alive',
  values: { ':alive': 'alive', ':ended': 'ended', ':superseded': 'superseded', ':at': at },
});

/** The workspace has no alive experiment any more; refused when it is another one by now. */
export const leavesWorkspace = ({ workspace, experiment }: ExperimentKey): Update => ({
  key: keyOf(workspaceEntity, { workspace }),
  update: 'REMOVE #aliveExperiment',
  condition: '#aliveExperiment = :name',
  values: { ':name': experiment },
});
