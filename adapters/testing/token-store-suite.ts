import { describe, expect, it } from 'vitest';
import type { TokenStore } from '../../domain/ports.ts';

type Ports = {
  readonly tokens: TokenStore;
  /** Writes a token's item as an operator does. */
  readonly grant: (sha256: string, token: { label: string; workspace: string }) => Promise<void>;
};

/** What holds of every `TokenStore`. */
export const tokenStoreSuite = (ports: () => Ports) =>
  describe('a token store', () => {
    it('knows the tokens that the operator granted', async () => {
      const { tokens, grant } = ports();
      const sha256 = '12'.repeat(32);
      expect(await tokens.find(sha256)).toBeUndefined();
      await grant(sha256, { label: 'ada', workspace: '*' });
      expect(await tokens.find(sha256)).toEqual({ label: 'ada', workspace: '*' });
    });
  });
