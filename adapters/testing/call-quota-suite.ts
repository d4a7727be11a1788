import { describe, expect, it } from 'vitest';
import type { CallQuota } from '../../domain/ports.ts';
import { count, later, now } from './samples.ts';

type Ports = () => { readonly quota: CallQuota };

/** What holds of every `CallQuota`. */
export const callQuotaSuite = (ports: Ports) =>
  describe('a call quota', () => {
    const takeMany = (caller: { id: string; callsPerMinute: number }, times: number, at = now) =>
      Promise.all(Array.from({ length: times }, () => ports().quota.take(caller, at)));

    it('gives each minute’s calls once, also to callers at once', async () => {
      const caller = { id: 'racing', callsPerMinute: 20 };
      expect(count(await takeMany(caller, 30), true)).toBe(20);
      expect(await ports().quota.take(caller, now)).toBe(false);
      expect(count(await takeMany(caller, 30, later), true)).toBe(20);
    });

    it('counts each caller alone', async () => {
      await takeMany({ id: 'busy', callsPerMinute: 3 }, 3);
      expect(await ports().quota.take({ id: 'busy', callsPerMinute: 3 }, now)).toBe(false);
      expect(await ports().quota.take({ id: 'idle', callsPerMinute: 3 }, now)).toBe(true);
    });

    it('gives all of many calls, one after the other', async () => {
      const caller = { id: 'much', callsPerMinute: 250 };
      let given = 0;
      while (await ports().quota.take(caller, now)) given++;
      // Three at a time: of the last three only one is left.
      expect(given).toBeGreaterThanOrEqual(249);
      expect(given).toBeLessThanOrEqual(250);
    });
  });
