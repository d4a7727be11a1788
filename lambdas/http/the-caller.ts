import type { Call, Route } from '../../contract/route.ts';
import type { Caller } from '../../domain/caller.ts';

/** Who makes a call of a route for users. */
export const theCaller = <R extends Route>({ caller }: Pick<Call<R>, 'caller'>): Caller => {
  if (caller) return caller;
  throw new Error('a route for users was called without a caller');
};
