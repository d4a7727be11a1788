import { isValid, tokenIdIn } from '../../domain/api-token.ts';
import type { Caller } from '../../domain/caller.ts';
import { bearerToken, sha256 } from '../token.ts';
import type { HttpPorts } from './ports.ts';

type Ports = Pick<HttpPorts, 'tokens' | 'identityProvider' | 'clock'>;

/** Finds who bears the token that a call comes with; what that opens is checked call by call. */
export const authorize = async (
  authorization: string | undefined,
  { tokens, identityProvider, clock }: Ports,
): Promise<Caller | undefined> => {
  const bearer = bearerToken(authorization);
  if (bearer === undefined) return undefined;
  const id = tokenIdIn(bearer);
  if (id === undefined) return identityProvider?.verify(bearer);
  const token = await tokens.find(id);
  // What is compared are hashes, so that the time it takes tells nothing of the token.
  return token?.sha256 === sha256(bearer) && isValid(token, clock.now()) ? token : undefined;
};
