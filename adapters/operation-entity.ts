import { Entity } from 'dynamodb-toolbox/entity';
import { item } from 'dynamodb-toolbox/schema/item';
import { number } from 'dynamodb-toolbox/schema/number';
import { string } from 'dynamodb-toolbox/schema/string';
import { refusals } from '../domain/domain-error.ts';
import type { Operation, OperationKey } from '../domain/operation.ts';
import { isActive, operationStatuses } from '../domain/operation.ts';
import { json } from './json-attribute.ts';
import type { StoredItem } from './stored-item.ts';
import { fromItem, toItem } from './stored-item.ts';
import type { ItemKey } from './table-keys.ts';
import { experimentPartition, padded, table } from './table-keys.ts';

export const operationSortKey = (operation: number): string => `OPERATION#${padded(operation, 6)}`;

/** The sparse index of the operations that are not over. */
export const activeIndex = { name: 'active', pk: 'activePk', sk: 'activeSk' } as const;
export const activePartition = 'ACTIVE';

/** Where an operation stands among the active ones. */
export const activeSortKey = ({ workspace, experiment, operation }: OperationKey): string =>
  `${workspace}#${experiment}#${padded(operation, 6)}`;

export const operationEntity = new Entity({
  name: 'Operation',
  table,
  entityAttribute: false,
  timestamps: false,
  computeKey: ({ operation, ...key }) => ({
    pk: experimentPartition(key),
    sk: operationSortKey(operation),
  }),
  schema: item({
    workspace: string().key(),
    experiment: string().key(),
    operation: number().key(),
    request: json<Operation['request']>(),
    status: string().enum(...operationStatuses),
    createdAt: string(),
    startedAt: string().optional(),
    endedAt: string().optional(),
    watchedAt: string().optional(),
    plan: json<NonNullable<Operation['plan']>>().optional(),
    usedUpAt: string().optional(),
    executions: number(),
    additions: number(),
    addedWorkers: number(),
    takenOverFrom: number().optional(),
    metrics: json<NonNullable<Operation['metrics']>>().optional(),
    predictions: json<NonNullable<Operation['predictions']>>().optional(),
    progress: json<NonNullable<Operation['progress']>>().optional(),
    error: string().optional(),
    errorType: string()
      .enum(...refusals)
      .optional(),
    traceback: string().optional(),
  } satisfies Record<keyof Operation, unknown>),
});

/** An active operation's item is in the index as well; one that is over leaves it. */
export const operationItem = (operation: Operation): StoredItem & ItemKey => ({
  ...toItem(operationEntity, operation),
  ...(isActive(operation) && {
    activePk: activePartition,
    activeSk: activeSortKey(operation),
  }),
});

export const toOperation = (item: StoredItem): Operation => fromItem(operationEntity, item);
