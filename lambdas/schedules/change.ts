import type { Occurrence } from '../../domain/schedule.ts';

/** What changes of an occurrence; `undefined` while there is something to wait for. */
export type Change = Partial<Occurrence> | undefined;
