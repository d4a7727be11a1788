import { expect, it } from 'vitest';
import { nodeEntropy } from './node-entropy.ts';

it('ids have lower-case letters and digits only, secrets 256 bits', () => {
  expect(nodeEntropy.id(12)).toMatch(/^[a-z0-9]{12}$/);
  expect(nodeEntropy.id(500)).toMatch(/^[a-z0-9]{500}$/);
  expect(Buffer.from(nodeEntropy.secret(), 'base64url')).toHaveLength(32);
  expect(nodeEntropy.secret()).not.toBe(nodeEntropy.secret());
});
