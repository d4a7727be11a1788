import type { Json, JsonObject, LeafConfig } from './config.ts';
import { isArray, isObject } from './config.ts';
import { expandConfigGroup } from './config-group.ts';
import { DomainError } from './domain-error.ts';

/** Runs that one op makes at most, so that they are made at once or not at all. */
export const maxClones = 40;

/**
 * The leaf configs of a run's clones: its own with some knobs changed. `changes` are merged into it as a
 * JSON merge patch (RFC 7396: `null` takes a knob away), and may be set-valued under a generator.
 */
export const cloneConfigs = (
  parent: LeafConfig,
  changes: Json,
  seed: number,
): readonly LeafConfig[] => {
  const { configs, halved } = expandConfigGroup(changedGroup(parent, changes), seed, '/changes');
  if (halved.length > 0) {
    throw invalid('/changes', 'clones join no SHA; use $grid or $random');
  }
  if (configs.length > maxClones) {
    throw invalid('/changes', `make ${configs.length} runs; at most ${maxClones} are made at once`);
  }
  return configs;
};

const invalid = (pointer: string, detail: string): DomainError =>
  new DomainError('invalid-config', `the run cannot be cloned: ${pointer} ${detail}`, [
    { pointer, detail },
  ]);

/** The changes as a config group, with the parent's knobs wherever they leave them alone. */
const changedGroup = (parent: LeafConfig, changes: Json): Json => {
  if (isArray(changes)) return changes.map((each) => changedGroup(parent, each));
  if (!isObject(changes)) return changes;
  if ('$grid' in changes) {
    return { ...changes, $grid: merged(parent, changes['$grid'] ?? null) };
  }
  const random = changes['$random'] ?? null;
  if (isObject(random)) {
    return { ...changes, $random: { ...random, config: merged(parent, random['config'] ?? {}) } };
  }
  return merged(parent, changes);
};

/** RFC 7396, but that what is set-valued or a secret is one value and replaces what was there. */
const merged = (target: Json, patch: Json): Json => {
  if (!isObject(patch) || isMarked(patch)) return patch;
  const kept: JsonObject = isObject(target) && !isMarked(target) ? target : {};
  const members = new Map(Object.entries(kept));
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) members.delete(name);
    else members.set(name, merged(members.get(name) ?? null, value));
  }
  return Object.fromEntries(members);
};

const isMarked = (value: JsonObject): boolean =>
  Object.keys(value).some((name) => name.startsWith('$'));

/** A run's config with more epochs. */
export const longerBy = (config: LeafConfig, epochs: number): LeafConfig => {
  const train = config['train'] ?? null;
  if (!isObject(train)) throw new Error('a run has a config without train');
  const longer = { ...config, train: { ...train, epochs: Number(train['epochs']) + epochs } };
  const [checked = longer] = expandConfigGroup(longer, 0, '').configs;
  return checked;
};
