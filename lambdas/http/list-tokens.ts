import { listTokens as route } from '../../contract/access-routes.ts';
import { governs } from '../../domain/api-token.ts';
import { useCase } from '../use-case.ts';
import { pageRequest } from './look-up.ts';
import type { HttpPorts } from './ports.ts';
import { showToken } from './show-token.ts';
import { theCaller } from './the-caller.ts';

export const listTokens = useCase(route, async (call, { tokens }: Pick<HttpPorts, 'tokens'>) => {
  const admin = theCaller(call);
  const page = await tokens.list(pageRequest(call.query));
  const items = page.items.filter((token) => governs(admin, token)).map(showToken);
  return { status: 200, body: { items, nextCursor: page.nextCursor } };
});
