import type { ProblemType } from './problem.ts';
import { problemTexts } from './problem.ts';
import type { Route } from './route.ts';
import { isForUsers } from './route.ts';

/** What one status says: our own problems, and the gateway's answer in words of its own. */
interface Refusal {
  readonly problems: readonly ProblemType[];
  readonly byGateway?: string | undefined;
}

/** One response per status that a refused call of the route may meet; its description names what comes with it. */
export const refusals = (route: Route): Record<string, unknown> => {
  const own = Map.groupBy(new Set(ownProblems(route)), (type) => problemTexts[type].status);
  const gateway = gatewayAnswers(route);
  const statuses = new Set([...own.keys(), ...Object.keys(gateway).map(Number)]);
  return Object.fromEntries(
    [...statuses].map((status) => [
      status,
      response({ problems: own.get(status) ?? [], byGateway: gateway[status] }),
    ]),
  );
};

const ownProblems = ({ access, problems }: Route): ProblemType[] => [
  'invalid-request',
  ...problems,
  'internal-error',
  // A user’s token is looked at by the gateway, before any of our words.
  ...(access === 'worker' ? (['unauthorized'] as const) : []),
  ...(isForUsers(access) ? (['forbidden', 'too-many-requests'] as const) : []),
];

/** What API Gateway answers itself, to every route or where it asks the authorizer. */
const gatewayAnswers = ({ access }: Route): Readonly<Record<number, string>> => ({
  ...(isForUsers(access) && { 401: 'No token was given', 403: 'The token is not accepted' }),
  404: problemTexts['not-found'].title,
  413: problemTexts['too-large'].title,
  429: 'Too many requests; try again after a while',
  500: 'A function did not answer as it should; try again',
  503: 'A function did not answer in time; try again',
});

const response = ({ problems, byGateway }: Refusal): Record<string, unknown> => ({
  description: [
    ...problems.map((name) => `\`${name}\`: ${problemTexts[name].title}`),
    ...(byGateway === undefined ? [] : [`From the gateway: ${byGateway}`]),
  ].join('; '),
  content: {
    ...(problems.length > 0 && { 'application/problem+json': { schema: component('Problem') } }),
    ...(byGateway !== undefined && { 'application/json': { schema: component('GatewayMessage') } }),
  },
});

const component = (name: string): { readonly $ref: string } => ({
  $ref: `#/components/schemas/${name}`,
});
