import type { Call, Reply, Route } from '../contract/route.ts';

/** What a route does: its parsed call and its ports in, its reply out. Knows no cloud. */
export interface UseCase<R extends Route, Ports> {
  readonly route: R;
  readonly run: (call: Call<R>, ports: Ports) => Promise<Reply<R>>;
}

/** Ties a use case to its route, so that call and reply have the route's types. */
export const useCase = <R extends Route, Ports>(
  route: R,
  run: (call: Call<R>, ports: Ports) => Promise<Reply<R>>,
): UseCase<R, Ports> => ({ route, run });
