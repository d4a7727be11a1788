import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';

/** A seeded stream of random numbers; the same seeds give the same stream on every machine. */
export interface Random {
  /** A whole number from `low` to `high`, both included. */
  int(low: number, high: number): number;
  /** A number from 0, included, to 1, excluded. */
  unit(): number;
}

/** 2^32 over the golden ratio: its multiples differ in many bits. */
const golden = 0x9e37_79b9;

/** A stream of its own for every sequence of 32-bit seeds, neighbouring ones included. */
export const seededRandom = (...seeds: readonly number[]): Random => {
  const hash = seeds.reduce((mixed, seed) => mix((mixed ^ seed) + golden), seeds.length);
  const state = [1, 2, 3, 4].map((word) => mix(hash + Math.imul(word, golden)));
  const generator = xoroshiro128plusFromState(state);
  return {
    int: (low, high) => uniformInt(generator, low, high),
    unit: () => uniformFloat64(generator),
  };
};

/** The finalizer of MurmurHash3: one to one on 32 bits, and every bit depends on every other. */
const mix = (word: number): number => {
  const once = Math.imul(word ^ (word >>> 16), 0x85eb_ca6b);
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2_ae35);
  return twice ^ (twice >>> 16);
};
