import { tokenRequest } from '../../contract/access-routes.ts';
import { giveToken, type TokenPorts } from './give-token.ts';

/** What whoever may invoke the function is called in the tokens that it makes. */
const operator = 'operator';

/**
 * Makes a token for whom IAM lets invoke the function: the first, or the next when all are lost. No route
 * leads to it.
 */
export const issueToken = async (asked: unknown, ports: TokenPorts) =>
  giveToken(tokenRequest.parse(asked), operator, ports);
