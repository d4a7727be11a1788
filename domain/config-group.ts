import type { Json, JsonObject, LeafConfig } from './config.ts';
import { asJson, isArray, isObject } from './config.ts';
import type { AllowedKnobs, ConfigSpace, Place } from './config-space.ts';
import { inside, isTooDeep, readConfigSpace } from './config-space.ts';
import { valueAt } from './config-values.ts';
import { DomainError } from './domain-error.ts';
import type { ExpandedGroup, HalvedConfigs } from './expanded-group.ts';
import { FaultList } from './fault-list.ts';
import { checkLeafConfig } from './leaf-config.ts';
import type { Random } from './random.ts';
import { seededRandom } from './random.ts';
import { drawDistinct, isCounted } from './random-search.ts';
import type { Halving } from './sha.ts';
import { readHalving } from './sha-config.ts';

/*
 * `ml_config` is a config, a generator, or a list nesting any of these. It expands to leaf configs in
 * declared order; every refusal points into what the caller sent.
 */

const maxLeaves = 10_000;

/** Characters of a leaf config as JSON; it travels in one item of the table and to every worker. */
export const maxLeafLength = 65_536;

/** Characters of all leaf configs together: 10,000 of 1,600 each. */
const maxGroupLength = 16_000_000;

/** Brackets of one fit; they travel with its operation. */
const maxBrackets = 100;

const maxSeed = 2 ** 32 - 1;

/** A part of the request that makes leaves: every value of its space, or so many drawn from it. */
interface Branch {
  readonly pointer: string;
  readonly space: ConfigSpace;
  readonly leaves: number;
  readonly random?: Random | undefined;
  /** The SHA it stands in; all its branches name the same one. */
  readonly halving?: Halving | undefined;
}

/** Expands a config group that stands at `root` of a request; refuses with `invalid-config` and a pointer to every fault. */
export const expandConfigGroup = (
  group: unknown,
  fitSeed: number,
  root = '/mlConfig',
): ExpandedGroup => {
  const faults = new FaultList();
  const branches = readGroup(
    { value: asJson(group), place: { pointer: root, depth: 0 }, position: [] },
    { faults, fitSeed, isHalved: false },
  );
  refuseAny(faults);
  checkSize(branches, root, faults);
  refuseAny(faults);
  const configs = branches.flatMap((branch) => expand(branch, faults));
  refuseAny(faults);
  return { configs, halved: halvedConfigs(branches) };
};

interface Reading {
  readonly faults: FaultList;
  readonly fitSeed: number;
  /** Whether a SHA stands around it. */
  readonly isHalved: boolean;
}

/** What is read, where it stands, and its index in each of the lists around it. */
interface Part {
  readonly value: Json;
  readonly place: Place;
  readonly position: readonly number[];
}

const readGroup = ({ value, place, position }: Part, reading: Reading): readonly Branch[] => {
  if (isTooDeep(place, reading.faults)) return [];
  if (isArray(value)) {
    return value.flatMap((member, i) =>
      readGroup({ value: member, place: inside(place, i), position: [...position, i] }, reading),
    );
  }
  if (!isObject(value)) {
    reading.faults.add(place.pointer, 'must be a config, a generator, or a list of them');
    return [];
  }
  const word = Object.keys(value).find((name) => name.startsWith('$'));
  if (word === undefined) return readConfig(value, place, { ...reading, allowed: 'none' });
  return readGenerator(word, { value: value, place, position }, reading);
};

const readConfig = (
  value: Json,
  place: Place,
  { faults, allowed }: { readonly faults: FaultList; readonly allowed: AllowedKnobs },
): readonly [Branch] => {
  const space = readConfigSpace(value, place, { faults, allowed });
  checkLeafConfig(space, faults);
  return [{ pointer: place.pointer, space, leaves: space.size }];
};

const readGenerator = (
  word: string,
  { value, place, position }: Part & { readonly value: JsonObject },
  reading: Reading,
): readonly Branch[] => {
  const { faults } = reading;
  const content = value[word] ?? null;
  const at = inside(place, word);
  if (Object.keys(value).length > 1) {
    faults.add(place.pointer, `${word} must be the only member here`);
  } else if (word === '$grid') {
    return readConfig(content, at, { faults, allowed: 'lists' });
  } else if (word === '$random') {
    return readRandomSearch({ value: content, place: at, position }, reading);
  } else if (word === '$sha') {
    return readSha({ value: content, place: at, position }, reading);
  } else {
    faults.add(place.pointer, 'is no generator; there are $grid, $random and $sha');
  }
  return [];
};

const readRandomSearch = (
  { value, place, position }: Part,
  { faults, fitSeed }: Reading,
): readonly Branch[] => {
  if (!isObject(value)) {
    faults.add(place.pointer, 'must have config and numConfigs');
    return [];
  }
  const { config = null, numConfigs = null, seed = null, ...unknown } = value;
  for (const name of Object.keys(unknown)) {
    faults.add(inside(place, name).pointer, 'is no part of a RandomSearch');
  }
  if (seed !== null && !isWhole(seed, 0, maxSeed)) {
    faults.add(inside(place, 'seed').pointer, `must be a whole number from 0 to ${maxSeed}`);
    return [];
  }
  const [branch] = readConfig(config, inside(place, 'config'), { faults, allowed: 'all' });
  const { pointer } = inside(place, 'numConfigs');
  if (!isWhole(numConfigs, 1, Number.MAX_SAFE_INTEGER)) {
    faults.add(pointer, 'must be a positive whole number');
    return [];
  }
  if (numConfigs > branch.space.size) {
    faults.add(pointer, `asks for ${numConfigs} configs, but only ${branch.space.size} exist`);
  }
  const random = seed === null ? seededRandom(fitSeed, ...position) : seededRandom(seed);
  return [{ ...branch, pointer, leaves: numConfigs, random }];
};

/** A SHA's branches are those of its config group, each with how they are halved together. */
const readSha = ({ value, place, position }: Part, reading: Reading): readonly Branch[] => {
  const { faults } = reading;
  if (reading.isHalved) {
    faults.add(place.pointer, 'cannot stand inside another SHA; put them side by side in a list');
    return [];
  }
  if (!isObject(value)) {
    faults.add(place.pointer, 'must have configGroup, metric and mode');
    return [];
  }
  const group = inside(place, 'configGroup');
  const part = { value: value['configGroup'] ?? null, place: group, position };
  const branches = readGroup(part, { ...reading, isHalved: true });
  if (isArray(part.value) && branches.length === 0) {
    faults.add(group.pointer, 'holds no config; give at least one');
  }
  const spaces = branches.map(({ space }) => space);
  const halving = readHalving(value, place, { spaces, faults });
  return branches.map((branch) => ({ ...branch, halving }));
};

const isWhole = (value: Json, low: number, high: number): value is number =>
  Number.isSafeInteger(value) && Number(value) >= low && Number(value) <= high;

/** Looked at before anything is expanded, so that a small request cannot cost much. */
const checkSize = (branches: readonly Branch[], root: string, faults: FaultList): void => {
  const leaves = branches.reduce((sum, branch) => sum + branch.leaves, 0);
  const length = branches.reduce((sum, branch) => sum + branch.leaves * branch.space.length, 0);
  const largest = branches.find((branch) => branch.leaves > maxLeaves);
  if (leaves === 0) faults.add(root, 'holds no config; give at least one');
  if (leaves > maxLeaves) {
    const { pointer, leaves: made } = largest ?? { pointer: root, leaves };
    const detail = `expands to ${made} configs; at most ${maxLeaves} are taken`;
    faults.add(pointer, `${detail} (RandomSearch draws as many as you say)`);
  } else if (length > maxGroupLength) {
    const detail = `expands to configs of ${length} characters; at most ${maxGroupLength} are taken`;
    faults.add(root, `${detail} (data goes into the data handle)`);
  }
  const brackets = halvedConfigs(branches).length;
  if (brackets > maxBrackets) {
    faults.add(root, `holds ${brackets} SHAs; at most ${maxBrackets} are taken`);
  }
  for (const { space } of branches) {
    if (space.length <= maxLeafLength) continue;
    faults.add(space.pointer, `a config has at most ${maxLeafLength} characters as JSON`);
  }
};

const expand = (
  { space, leaves, random, pointer }: Branch,
  faults: FaultList,
): readonly LeafConfig[] => {
  if (!random) return Array.from({ length: leaves }, (_, i) => asLeaf(valueAt(space, i)));
  const drawn = drawDistinct(space, leaves, random);
  if (drawn.length < leaves) {
    const detail = isCounted(space)
      ? `but only ${drawn.length} exist`
      : `but only ${drawn.length} distinct ones came up; ask for fewer, or widen the knobs`;
    faults.add(pointer, `asks for ${leaves} configs, ${detail}`);
  }
  return drawn.map(asLeaf);
};

/** Which of the leaves each SHA halves; its branches stand one after the other. */
const halvedConfigs = (branches: readonly Branch[]): readonly HalvedConfigs[] => {
  const halved = new Map<Halving, HalvedConfigs>();
  let index = 0;
  for (const { halving, leaves } of branches) {
    if (halving) {
      const before = halved.get(halving) ?? { ...halving, firstIndex: index, count: 0 };
      halved.set(halving, { ...before, count: before.count + leaves });
    }
    index += leaves;
  }
  return [...halved.values()];
};

/** Every value of a space that passed `checkLeafConfig` is an object. */
const asLeaf = (value: Json): LeafConfig => (isObject(value) ? value : {});

const refuseAny = (faults: FaultList): void => {
  const { all } = faults;
  const [first] = all;
  if (!first) return;
  const more = all.length > 1 ? ` (and ${all.length - 1} more)` : '';
  throw new DomainError(
    'invalid-config',
    `ml_config cannot be trained: ${first.pointer} ${first.detail}${more}`,
    all,
  );
};
