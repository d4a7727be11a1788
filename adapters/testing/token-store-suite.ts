import { describe, expect, it } from 'vitest';
import type { ApiToken } from '../../domain/api-token.ts';
import type { TokenStore } from '../../domain/ports.ts';
import { allPages, later, now } from './samples.ts';

const tokenOf = (id: string): ApiToken => ({
  id,
  sha256: '12'.repeat(32),
  label: 'ada',
  role: 'operator',
  workspaces: ['vision', 'text'],
  callsPerMinute: 100,
  createdAt: now,
  createdBy: 'operator',
  expiresAt: later,
});

/** What holds of every `TokenStore`. */
export const tokenStoreSuite = (ports: () => { readonly tokens: TokenStore }) =>
  describe('a token store', () => {
    it('knows the tokens that were made, and no other', async () => {
      const { tokens } = ports();
      const token = tokenOf('aaaaaaaaaaaa');
      expect(await tokens.find(token.id)).toBeUndefined();
      await tokens.create(token);
      expect(await tokens.find(token.id)).toEqual(token);
      await expect(tokens.create(token)).rejects.toThrow(/already/);
    });

    it('revokes a token once, and makes none by it', async () => {
      const { tokens } = ports();
      const token = tokenOf('bbbbbbbbbbbb');
      await tokens.create(token);
      await tokens.revoke(token.id, now);
      await tokens.revoke(token.id, later);
      expect(await tokens.find(token.id)).toEqual({ ...token, revokedAt: now });
      await tokens.revoke('nonesuch', now);
      expect(await tokens.find('nonesuch')).toBeUndefined();
    });

    it('lists by ID, page by page', async () => {
      const { tokens } = ports();
      for (const id of ['dddddddddddd', 'cccccccccccc', 'eeeeeeeeeeee']) {
        await tokens.create(tokenOf(id));
      }
      const pages = await allPages((page) => tokens.list(page), 2);
      const ids = pages.flat().map(({ id }) => id);
      expect(pages.every((page) => page.length <= 2)).toBe(true);
      expect(ids).toEqual([...ids].sort());
      expect(ids).toEqual(expect.arrayContaining(['cccccccccccc', 'dddddddddddd', 'eeeeeeeeeeee']));
    });
  });
