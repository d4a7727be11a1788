import * as z from 'zod/mini';
import { refusals } from './open-api-refusals.ts';
import { gatewayMessage, problem } from './problem-document.ts';
import type { Route } from './route.ts';
import { isForUsers } from './route.ts';
import { routes } from './routes.ts';

type Schema = Record<string, unknown>;

/** A zod schema as JSON Schema 2020-12, without the bounds that say no more than "a safe integer". */
export const jsonSchema = (schema: z.ZodMiniType, io: 'input' | 'output'): Schema => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io,
    override: ({ jsonSchema: node }) => {
      if (node.maximum === Number.MAX_SAFE_INTEGER) delete node.maximum;
      if (node.minimum === Number.MIN_SAFE_INTEGER) delete node.minimum;
    },
  });
  return rest;
};

/** The OpenAPI 3.1 document of the route table. */
export const openApi = (): Schema => ({
  openapi: '3.1.0',
  info: {
    title: 'Fanfold',
    version: '1',
    description: 'Experiment operations for deep learning.',
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  },
  security: [{ token: [] }],
  paths: Object.fromEntries(
    [...Map.groupBy(routes, ({ path }) => path)].map(([path, rows]) => [
      path,
      Object.fromEntries(rows.map((row) => [row.method.toLowerCase(), operation(row)])),
    ]),
  ),
  components: {
    securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
    schemas: {
      Problem: jsonSchema(problem, 'output'),
      GatewayMessage: jsonSchema(gatewayMessage, 'output'),
    },
  },
});

const operation = (route: Route): Schema => ({
  operationId: route.name,
  summary: route.summary,
  ...(route.access === 'open' && { security: [] }),
  ...(isForUsers(route.access) && { 'x-fanfold-role': route.access }),
  parameters: [
    ...parameters(route.params, 'path'),
    ...parameters(route.query, 'query'),
    ...(route.idempotent ? [idempotencyKey] : []),
  ],
  ...(route.method !== 'GET' && hasMembers(route.body) && { requestBody: requestBody(route) }),
  responses: { ...answers(route), ...refusals(route) },
});

const idempotencyKey: Schema = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'A repeated call with the same key has one effect',
  schema: { type: 'string', pattern: '^[\\x21-\\x7e]{1,128}$' },
};

const parameters = (schema: z.ZodMiniType, where: 'path' | 'query'): Schema[] => {
  const { properties = {}, required = [] } = jsonSchema(schema, 'input') as {
    properties?: Record<string, Schema>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, member]) => ({
    name,
    in: where,
    required: required.includes(name),
    schema: member,
  }));
};

const hasMembers = (schema: z.ZodMiniType): boolean =>
  Object.keys((jsonSchema(schema, 'input') as { properties?: object }).properties ?? {}).length > 0;

/** No body is as good as an empty one. */
const requestBody = ({ body }: Route): Schema => ({
  required: !z.safeParse(body, {}).success,
  content: { 'application/json': { schema: jsonSchema(body, 'input') } },
});

const answers = ({ statuses, answer }: Route): Schema =>
  Object.fromEntries(
    Object.entries(statuses).map(([status, description]) => [
      status,
      { description, content: { 'application/json': { schema: jsonSchema(answer, 'output') } } },
    ]),
  );
