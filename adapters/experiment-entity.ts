import { Entity } from 'dynamodb-toolbox/entity';
import { boolean } from 'dynamodb-toolbox/schema/boolean';
import { item } from 'dynamodb-toolbox/schema/item';
import { number } from 'dynamodb-toolbox/schema/number';
import { string } from 'dynamodb-toolbox/schema/string';
import type { Experiment } from '../domain/experiment.ts';
import { experimentEndings, experimentStatuses } from '../domain/experiment.ts';
import { json } from './json-attribute.ts';
import type { StoredItem } from './stored-item.ts';
import { fromItem } from './stored-item.ts';
import { table, workspacePartition } from './table-keys.ts';

export const experimentSortKey = (experiment: string): string => `EXPERIMENT#${experiment}`;

export const experimentEntity = new Entity({
  name: 'Experiment',
  table,
  entityAttribute: false,
  timestamps: false,
  computeKey: ({ workspace, experiment }) => ({
    pk: workspacePartition(workspace),
    sk: experimentSortKey(experiment),
  }),
  schema: item({
    workspace: string().key(),
    experiment: string().key(),
    id: string(),
    requestedName: string(),
    status: string().enum(...experimentStatuses),
    endedBy: string()
      .enum(...experimentEndings)
      .optional(),
    mlSpec: json<Experiment['mlSpec']>(),
    epochCheckpoints: boolean(),
    createdAt: string(),
    endedAt: string().optional(),
    activeOperation: number().optional(),
    lastOperation: number(),
    lastRunId: number(),
    occurrence: json<Experiment['occurrence']>().optional(),
  } satisfies Record<keyof Experiment, unknown>),
});

export const toExperiment = (item: StoredItem): Experiment => fromItem(experimentEntity, item);
