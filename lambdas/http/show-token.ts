import type { TokenResource } from '../../contract/access-routes.ts';
import type { ApiToken } from '../../domain/api-token.ts';

export const showToken = ({ id, sha256: _, workspaces, ...token }: ApiToken): TokenResource => ({
  tokenId: id,
  workspaces: [...workspaces],
  ...token,
});
