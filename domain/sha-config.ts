import type { Json, JsonObject } from './config.ts';
import { valuesOf } from './config-check.ts';
import type { ConfigSpace, Place } from './config-space.ts';
import { inside } from './config-space.ts';
import type { FaultList } from './fault-list.ts';
import type { Halving, Mode } from './sha.ts';
import { modes } from './sha.ts';
import { suggestion } from './suggestion.ts';

/* What stands beside the config group in `{"$sha": {configGroup, metric, mode, eta, minEpochs, maxEpochs}}`. */

const parts = ['configGroup', 'metric', 'mode', 'eta', 'minEpochs', 'maxEpochs'];

/** Columns of validation metrics start so. */
const metricStart = 'val_';
const longestMetric = 128;

const defaultEta = 3;
const defaultMinEpochs = 1;

/** Tells what is wrong with a part of the SHA. */
type Wrong = (name: string, detail: string) => undefined;

/** Reads how a SHA halves the configs of `spaces`; `undefined` when a fault was told. */
export const readHalving = (
  value: JsonObject,
  place: Place,
  { spaces, faults }: { readonly spaces: readonly ConfigSpace[]; readonly faults: FaultList },
): Halving | undefined => {
  const wrong: Wrong = (name, detail) => {
    faults.add(inside(place, name).pointer, detail);
  };
  refuseUnknown(value, wrong);
  const metric = readMetric(value['metric'] ?? null, wrong);
  const mode = readMode(value['mode'] ?? null, wrong);
  const eta = readWhole(value['eta'] ?? defaultEta, 2, 'eta', wrong);
  const minEpochs = readWhole(value['minEpochs'] ?? defaultMinEpochs, 1, 'minEpochs', wrong);
  const maxEpochs = readMaxEpochs(value['maxEpochs'] ?? null, equalEpochs(spaces, faults), wrong);
  if (minEpochs && maxEpochs && minEpochs > maxEpochs) {
    return wrong('minEpochs', `is ${minEpochs}, but the runs train ${maxEpochs} epochs`);
  }
  return metric && mode && eta && minEpochs && maxEpochs
    ? { metric, mode, eta, minEpochs, maxEpochs }
    : undefined;
};

const refuseUnknown = (value: JsonObject, wrong: Wrong): void => {
  for (const name of Object.keys(value)) {
    if (!parts.includes(name)) wrong(name, `is no part of a SHA${suggestion(name, parts)}`);
  }
};

const readMetric = (metric: Json, wrong: Wrong): string | undefined => {
  if (metric === null) return wrong('metric', 'is missing; name a validation metric, as val_loss');
  const fits = typeof metric === 'string' && metric.length <= longestMetric;
  if (fits && metric.startsWith(metricStart) && metric !== metricStart) return metric;
  return wrong('metric', 'must be a validation metric: val_loss, or val_ and a metric’s label');
};

const readMode = (mode: Json, wrong: Wrong): Mode | undefined =>
  modes.find((known) => known === mode) ?? wrong('mode', `must be ${modes.join(' or ')}`);

const readWhole = (value: Json, low: number, name: string, wrong: Wrong): number | undefined => {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= low) return value;
  return wrong(name, `must be a whole number from ${low}`);
};

/** The configs say it already; said again here, it must be the same. */
const readMaxEpochs = (given: Json, epochs: number | undefined, wrong: Wrong) => {
  if (given === null || epochs === undefined) return epochs;
  const maxEpochs = readWhole(given, 1, 'maxEpochs', wrong);
  if (maxEpochs === undefined || maxEpochs === epochs) return maxEpochs;
  const remedy = 'make them equal, or leave maxEpochs out';
  return wrong('maxEpochs', `is ${maxEpochs}, but the configs train ${epochs} epochs; ${remedy}`);
};

/** The epochs that all the configs train; every one that trains others is told. */
const equalEpochs = (spaces: readonly ConfigSpace[], faults: FaultList): number | undefined => {
  const [first, ...others] = membersOf(membersOf(spaces, 'train'), 'epochs');
  const differing = others.filter(({ value }) => value !== first?.value);
  for (const { pointer } of differing) {
    faults.add(pointer, `must be ${first?.value}, as in the other configs of this SHA`);
  }
  if (first?.kind === 'range') faults.add(first.pointer, 'must be equal for all runs of a SHA');
  return typeof first?.value === 'number' ? first.value : undefined;
};

/** Every value that may stand under a name in any of the spaces. */
const membersOf = (spaces: readonly ConfigSpace[], name: string): readonly ConfigSpace[] =>
  spaces.flatMap(valuesOf).flatMap((space) => {
    const member = space.kind === 'object' ? space.members.get(name) : undefined;
    return member ? valuesOf(member) : [];
  });
