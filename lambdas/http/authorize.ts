import type { ApiToken } from '../../domain/ports.ts';
import { bearerToken, sha256 } from '../token.ts';
import type { HttpPorts } from './ports.ts';

/** Finds the API token whose bearer asks; which workspaces it opens is checked call by call. */
export const authorize = async (
  authorization: string | undefined,
  { tokens }: Pick<HttpPorts, 'tokens'>,
): Promise<ApiToken | undefined> => {
  const bearer = bearerToken(authorization);
  return bearer === undefined ? undefined : tokens.find(sha256(bearer));
};
