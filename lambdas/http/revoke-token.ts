import { revokeToken as route } from '../../contract/access-routes.ts';
import { governs } from '../../domain/api-token.ts';
import { DomainError } from '../../domain/domain-error.ts';
import { useCase } from '../use-case.ts';
import type { HttpPorts } from './ports.ts';
import { showToken } from './show-token.ts';
import { theCaller } from './the-caller.ts';

type Ports = Pick<HttpPorts, 'tokens' | 'clock'>;

export const revokeToken = useCase(route, async (call, { tokens, clock }: Ports) => {
  const { tokenId } = call.params;
  const token = await tokens.find(tokenId);
  // One that the caller may not see is not there.
  if (!token || !governs(theCaller(call), token)) {
    throw new DomainError(
      'token-not-found',
      `there is no token ${tokenId}; list them to see which are`,
    );
  }
  await tokens.revoke(tokenId, clock.now());
  return { status: 200, body: { token: showToken((await tokens.find(tokenId)) ?? token) } };
});
