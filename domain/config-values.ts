import type { Json } from './config.ts';
import type { ConfigSpace } from './config-space.ts';
import type { Random } from './random.ts';
import { drawFromRange } from './range.ts';

/*
 * Values of a config space, by number and by chance. What does not vary is shared by all of them, so
 * that thousands of leaves take little more memory than one.
 */

/** Sees to it that a value is picked for each of the space's members, in declared order. */
type Pick = (member: ConfigSpace) => Json;

/** The value of that number, from 0 to below the space's size; the knob declared last varies fastest. */
export const valueAt = (space: ConfigSpace, index: number): Json => {
  if (space.kind === 'range') return space.range.low + index;
  if (space.kind === 'list') return listedValueAt(space, index);
  let rest = index;
  let stride = space.size;
  return compose(space, (member) => {
    stride /= member.size;
    const digit = Math.floor(rest / stride);
    rest -= digit * stride;
    return valueAt(member, digit);
  });
};

const listedValueAt = (
  { members, size }: ConfigSpace & { readonly kind: 'array' | 'list' },
  index: number,
): Json => {
  const [member] = size === members.length ? members.slice(index, index + 1) : [];
  if (member) return valueAt(member, 0);
  let rest = index;
  for (const member of members) {
    if (rest < member.size) return valueAt(member, rest);
    rest -= member.size;
  }
  return null;
};

/** A value drawn knob by knob: each value of a list is as likely as its others. */
export const drawValue = (space: ConfigSpace, random: Random): Json => {
  if (space.kind === 'range') return drawFromRange(space.range, random);
  if (space.kind === 'list') {
    const member = space.members[random.int(0, space.members.length - 1)];
    return member ? drawValue(member, random) : null;
  }
  return compose(space, (member) => drawValue(member, random));
};

const compose = (space: ConfigSpace, pick: Pick): Json => {
  const pickVarying = (member: ConfigSpace): Json => (member.varies ? pick(member) : member.value);
  if (!space.varies) return space.value;
  if (space.kind === 'array') return space.members.map(pickVarying);
  if (space.kind !== 'object') return space.value;
  const entries = [...space.members].map(([name, member]) => [name, pickVarying(member)]);
  return Object.fromEntries(entries);
};
