import type { Operation } from '../../domain/operation.ts';
import { isLookWorthNoting } from '../../domain/sync-interval.ts';
import type { HttpPorts } from './ports.ts';

/** Lets the operation's workers sync often, as somebody looks at what they do, or steers it. */
export const noteLook = async (
  operation: Operation,
  { operations, clock }: Pick<HttpPorts, 'operations' | 'clock'>,
): Promise<void> => {
  const now = clock.now();
  if (isLookWorthNoting(operation, now)) await operations.setWatched(operation, now);
};
