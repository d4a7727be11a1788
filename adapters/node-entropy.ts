import { randomBytes, randomInt } from 'node:crypto';
import type { Entropy } from '../domain/ports.ts';

const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** Node's cryptographic random numbers. */
export const nodeEntropy: Entropy = {
  id: (length) =>
    Array.from({ length }, () => alphabet.charAt(randomInt(alphabet.length))).join(''),
  secret: () => randomBytes(32).toString('base64url'),
};
