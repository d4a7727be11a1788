import type { Caller } from '../domain/caller.ts';
import type { Instant } from '../domain/instant.ts';
import type { CallQuota } from '../domain/ports.ts';
import type { DynamoTable, Update } from './dynamo-table.ts';

/**
 * A function that is called takes a hundredth of the caller's minute at once, and counts these by itself:
 * most calls cost no access to the table, and those that a function took and does not use are few.
 */
const share = 100;

interface Taken {
  readonly minute: string;
  left: number;
}

/** Counts each caller's calls of a minute, whichever functions they go to. */
export class DynamoCallQuota implements CallQuota {
  readonly #table: DynamoTable;
  readonly #taken = new Map<string, Taken>();

  constructor(table: DynamoTable) {
    this.#table = table;
  }

  async take(caller: Pick<Caller, 'id' | 'callsPerMinute'>, now: Instant): Promise<boolean> {
    const minute = now.slice(0, 'yyyy-mm-ddThh:mm'.length);
    const known = this.#taken.get(caller.id);
    if (known?.minute === minute && known.left > 0) {
      known.left--;
      return true;
    }
    const calls = Math.ceil(caller.callsPerMinute / share);
    const most = caller.callsPerMinute - calls;
    const add = moreOf(caller.id, { minute, calls, most });
    // The minute's first caller opens it; of two at once the second finds it opened.
    const isTaken =
      (await this.#table.update(add)) ||
      (await this.#table.update(firstOf(caller.id, { minute, calls }))) ||
      (await this.#table.update(add));
    if (isTaken) this.#taken.set(caller.id, { minute, left: calls - 1 });
    return isTaken;
  }
}

interface Count {
  readonly minute: string;
  readonly calls: number;
}

const moreOf = (
  id: string,
  { minute, calls, most }: Count & { readonly most: number },
): Update => ({
  key: keyOf(id),
  update: 'SET #calls = #calls + :calls',
  condition: '#minute = :minute AND #calls <= :most',
  values: { ':minute': minute, ':calls': calls, ':most': most },
});

const firstOf = (id: string, { minute, calls }: Count): Update => ({
  key: keyOf(id),
  update: 'SET #minute = :minute, #calls = :calls',
  condition: 'attribute_not_exists(#pk) OR #minute < :minute',
  values: { ':minute': minute, ':calls': calls },
});

/** Apart from the token, so that functions may be let to count and nothing more. */
const keyOf = (id: string) => ({ pk: `CALLS#${id}`, sk: 'CALLS' });
