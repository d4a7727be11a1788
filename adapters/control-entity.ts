import { Entity } from 'dynamodb-toolbox/entity';
import { item } from 'dynamodb-toolbox/schema/item';
import { number } from 'dynamodb-toolbox/schema/number';
import { string } from 'dynamodb-toolbox/schema/string';
import type { ControlEntry } from '../domain/control.ts';
import { controlOps, controlOutcomes } from '../domain/control.ts';
import { refusals } from '../domain/domain-error.ts';
import { json } from './json-attribute.ts';
import { experimentPartition, table } from './table-keys.ts';

const controlPrefix = 'CONTROL#';

/** The place of an entry in its log. */
export const controlPlace = ({ at, id }: Pick<ControlEntry, 'at' | 'id'>): string => `${at}#${id}`;

/** The sort keys after a place: of all entries after the empty one. */
export const controlsAfter = (place: string): { readonly from: string; readonly to: string } => ({
  from: place === '' ? controlPrefix : `${controlPrefix}${place}~`,
  to: `${controlPrefix}~`,
});

/** What somebody asked to be done to a run, and what was answered. */
export const controlEntity = new Entity({
  name: 'Control',
  table,
  entityAttribute: false,
  timestamps: false,
  computeKey: ({ at, id, ...experiment }) => ({
    pk: experimentPartition(experiment),
    sk: controlPrefix + controlPlace({ at, id }),
  }),
  schema: item({
    workspace: string().key(),
    experiment: string().key(),
    at: string().key(),
    id: string().key(),
    by: string(),
    op: string().enum(...controlOps),
    runId: number(),
    asked: json<NonNullable<ControlEntry['asked']>>().optional(),
    made: json<NonNullable<ControlEntry['made']>>().optional(),
    outcome: string().enum(...controlOutcomes),
    refusal: string()
      .enum(...refusals)
      .optional(),
    detail: string().optional(),
  } satisfies Record<keyof ControlEntry, unknown>),
});

/** Remembers which op an `Idempotency-Key` did. */
export const controlMarkEntity = new Entity({
  name: 'ControlMark',
  table,
  entityAttribute: false,
  timestamps: false,
  computeKey: ({ key, ...experiment }) => ({
    pk: experimentPartition(experiment),
    sk: `CONTROL-KEY#${key}`,
  }),
  schema: item({
    workspace: string().key(),
    experiment: string().key(),
    key: string().key(),
    entry: json<ControlEntry>(),
  }),
});
