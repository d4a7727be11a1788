import { Entity } from 'dynamodb-toolbox/entity';
import { item } from 'dynamodb-toolbox/schema/item';
import { string } from 'dynamodb-toolbox/schema/string';
import { table, workspacePartition } from './table-keys.ts';

/** Holds the name of the workspace's one alive experiment, which every creator and ender must agree on. */
export const workspaceEntity = new Entity({
  name: 'Workspace',
  table,
  entityAttribute: false,
  timestamps: false,
  computeKey: ({ workspace }) => ({ pk: workspacePartition(workspace), sk: 'WORKSPACE' }),
  schema: item({
    workspace: string().key(),
    aliveExperiment: string().optional(),
  }),
});
