import { createToken as route } from '../../contract/access-routes.ts';
import { checkGrant } from '../../domain/api-token.ts';
import { useCase } from '../use-case.ts';
import { giveToken, type TokenPorts } from './give-token.ts';
import { theCaller } from './the-caller.ts';

export const createToken = useCase(route, async (call, ports: TokenPorts) => {
  const admin = theCaller(call);
  checkGrant(admin, call.body);
  return { status: 201, body: await giveToken(call.body, admin.label, ports) };
});
