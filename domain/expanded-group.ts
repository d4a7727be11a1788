import type { LeafConfig } from './config.ts';
import type { Bracket, Halving } from './sha.ts';

/** Leaf configs that one SHA halves, by their index from 0. */
export interface HalvedConfigs extends Halving {
  readonly firstIndex: number;
  readonly count: number;
}

export interface ExpandedGroup {
  readonly configs: readonly LeafConfig[];
  readonly halved: readonly HalvedConfigs[];
}

/** The brackets of a fit whose runs have IDs from `firstRunId` on. */
export const bracketsFrom = (firstRunId: number, { halved }: ExpandedGroup): readonly Bracket[] =>
  halved.map(({ firstIndex, count, ...halving }) => ({
    ...halving,
    firstRunId: firstRunId + firstIndex,
    runCount: count,
  }));
