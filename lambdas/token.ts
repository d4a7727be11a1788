import { createHash } from 'node:crypto';

/** The token of an `Authorization: Bearer …` header (RFC 6750 §2.1). */
export const bearerToken = (authorization: string | undefined): string | undefined =>
  /^Bearer (?<token>[\w.~+/=-]{1,1024})$/i.exec(authorization ?? '')?.groups?.['token'];

/** SHA-256 in hexadecimal; tokens are kept only so. */
export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
