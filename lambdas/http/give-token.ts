import type * as z from 'zod/mini';
import type { createToken } from '../../contract/access-routes.ts';
import type { TokenRequest } from '../../domain/api-token.ts';
import { idLength, newToken } from '../../domain/api-token.ts';
import { sha256 } from '../token.ts';
import type { HttpPorts } from './ports.ts';
import { showToken } from './show-token.ts';

export type TokenPorts = Pick<HttpPorts, 'tokens' | 'clock' | 'entropy'>;

/** Makes a token and tells its text, which nobody is told again. */
export const giveToken = async (
  request: TokenRequest,
  by: string,
  { tokens, clock, entropy }: TokenPorts,
): Promise<z.infer<typeof createToken.answer>> => {
  const fresh = { now: clock.now(), by, id: entropy.id(idLength), secret: entropy.secret() };
  const { token, text } = newToken(request, fresh);
  const kept = { ...token, sha256: sha256(text) };
  await tokens.create(kept);
  return { token: showToken(kept), text };
};
