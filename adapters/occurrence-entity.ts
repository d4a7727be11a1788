import { Entity } from 'dynamodb-toolbox/entity';
import { item } from 'dynamodb-toolbox/schema/item';
import { number } from 'dynamodb-toolbox/schema/number';
import { string } from 'dynamodb-toolbox/schema/string';
import type { Occurrence, OccurrenceKey, ScheduleKey } from '../domain/schedule.ts';
import {
  isOpenOccurrence,
  occurrenceCauses,
  occurrenceStatuses,
  stages,
} from '../domain/schedule.ts';
import { json } from './json-attribute.ts';
import type { StoredItem } from './stored-item.ts';
import { fromItem, toItem } from './stored-item.ts';
import type { ItemKey } from './table-keys.ts';
import { table, workspacePartition } from './table-keys.ts';

export const occurrencesPartition = ({ workspace, schedule }: ScheduleKey): string =>
  `${workspacePartition(workspace)}#SCHEDULE#${schedule}`;

export const occurrenceSortKey = (at: string): string => `OCCURRENCE#${at}`;

/** Those that are not over, in the index of what is active. */
export const openPartition = 'OPEN-OCCURRENCE';

export const openSortKey = ({ workspace, schedule, at }: OccurrenceKey): string =>
  `${workspace}#${schedule}#${at}`;

export const occurrenceEntity = new Entity({
  name: 'Occurrence',
  table,
  entityAttribute: false,
  timestamps: false,
  computeKey: ({ at, ...key }) => ({ pk: occurrencesPartition(key), sk: occurrenceSortKey(at) }),
  schema: item({
    workspace: string().key(),
    schedule: string().key(),
    at: string().key(),
    cause: string().enum(...occurrenceCauses),
    status: string().enum(...occurrenceStatuses),
    revision: number(),
    templateSha256: string(),
    createdAt: string(),
    endedAt: string().optional(),
    experiment: string().optional(),
    stage: string()
      .enum(...stages)
      .optional(),
    operation: number().optional(),
    dataHandleId: string().optional(),
    bestRunId: number().optional(),
    metrics: json<Occurrence['metrics']>().optional(),
    outcome: json<Occurrence['outcome']>().optional(),
    artifactsUri: string().optional(),
    reason: string().optional(),
  } satisfies Record<keyof Occurrence, unknown>),
});

export const occurrenceItem = (occurrence: Occurrence): StoredItem & ItemKey => ({
  ...toItem(occurrenceEntity, occurrence),
  ...(isOpenOccurrence(occurrence) && {
    activePk: openPartition,
    activeSk: openSortKey(occurrence),
  }),
});

export const toOccurrence = (item: StoredItem): Occurrence => fromItem(occurrenceEntity, item);
