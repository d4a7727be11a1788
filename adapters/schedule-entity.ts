import { Entity } from 'dynamodb-toolbox/entity';
import { item } from 'dynamodb-toolbox/schema/item';
import { number } from 'dynamodb-toolbox/schema/number';
import { string } from 'dynamodb-toolbox/schema/string';
import type { Champion } from '../domain/champion.ts';
import { overlaps, type Schedule, scheduleStates } from '../domain/schedule.ts';
import { json } from './json-attribute.ts';
import { table, workspacePartition } from './table-keys.ts';

export const scheduleSortKey = (schedule: string): string => `SCHEDULE#${schedule}`;

export const scheduleEntity = new Entity({
  name: 'Schedule',
  table,
  entityAttribute: false,
  timestamps: false,
  computeKey: ({ workspace, schedule }) => ({
    pk: workspacePartition(workspace),
    sk: scheduleSortKey(schedule),
  }),
  schema: item({
    workspace: string().key(),
    schedule: string().key(),
    expression: string(),
    timezone: string(),
    overlap: string().enum(...overlaps),
    state: string().enum(...scheduleStates),
    templateSha256: string(),
    createdAt: string(),
    updatedAt: string(),
    revision: number(),
    champion: json<Champion>().optional(),
  } satisfies Record<keyof Schedule, unknown>),
});
