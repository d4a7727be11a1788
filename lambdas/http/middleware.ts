import middy from '@middy/core';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import * as z from 'zod/mini';
import en from 'zod/v4/locales/en.js';
import { problemOf, problemOfRefusal } from '../../contract/problem.ts';
import type { Call, Route } from '../../contract/route.ts';
import { DomainError } from '../../domain/domain-error.ts';
import { jsonPointer } from '../../domain/json-pointer.ts';
import { logger } from '../logger.ts';
import { telemetry } from '../telemetry.ts';
import { bearerToken } from '../token.ts';
import type { UseCase } from '../use-case.ts';
import { callerOf, type HttpEvent } from './http-event.ts';

z.config(en());

export type Middleware = middy.MiddlewareObj<HttpEvent, APIGatewayProxyStructuredResultV2>;

/**
 * Wires a use case into a Lambda function: parses the call, runs it, answers with JSON or a problem. What
 * stands before it (`guard`) meets the call first.
 */
export const http = <R extends Route, Ports>(
  useCase: UseCase<R, Ports>,
  ports: () => Ports,
  before: readonly Middleware[] = [],
) =>
  middy<HttpEvent, APIGatewayProxyStructuredResultV2>()
    .use(telemetry(useCase.route.name))
    .use({ onError: answerWithProblem })
    .use([...before])
    .handler(async (event) => {
      logger.appendKeys({ route: useCase.route.name, ...event.pathParameters });
      const { status, body } = await useCase.run(parseCall(useCase.route, event), ports());
      return json(status, 'application/json', body);
    });

const parseCall = <R extends Route>(route: R, event: HttpEvent): Call<R> => ({
  params: parse<R['params']>(route.params, event.pathParameters ?? {}, 'path'),
  query: parse<R['query']>(route.query, event.queryStringParameters ?? {}, 'query'),
  body: parse<R['body']>(route.body, parseJson(event), 'body'),
  idempotencyKey: idempotencyKey(event),
  caller: callerOf(event),
  bearerToken: bearerToken(event.headers['authorization']),
});

const parse = <S extends z.ZodMiniType>(schema: S, value: unknown, where: string): z.infer<S> => {
  const parsed = z.safeParse(schema, value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => ({
    pointer: jsonPointer(path.map(String)),
    detail: message,
  }));
  const first = faults[0];
  throw new DomainError(
    'invalid-request',
    `the ${where} is not as the route wants it: ${first?.pointer} ${first?.detail}`.trim(),
    faults,
  );
};

const parseJson = ({ body, isBase64Encoded }: HttpEvent): unknown => {
  if (body === undefined || body === '') return {};
  try {
    return JSON.parse(isBase64Encoded ? Buffer.from(body, 'base64').toString() : body);
  } catch {
    // The parser's own message quotes what stands there, which may be a secret.
    throw new DomainError('invalid-request', 'the body is not JSON');
  }
};

const idempotencyKey = ({ headers }: HttpEvent): string | undefined => {
  const key = headers['idempotency-key'];
  if (key === undefined || /^[\x21-\x7e]{1,128}$/.test(key)) return key;
  throw new DomainError(
    'invalid-request',
    'Idempotency-Key must be 1 to 128 visible ASCII characters; a UUID does well',
  );
};

/** The one place that decides what a caller may see of an error. */
const answerWithProblem = (
  request: middy.Request<HttpEvent, APIGatewayProxyStructuredResultV2>,
): void => {
  const { error } = request;
  const problem =
    error instanceof DomainError
      ? problemOfRefusal(error)
      : problemOf('internal-error', 'try again; if it stays, the service’s logs tell more');
  if (error instanceof DomainError)
    logger.info('refused', { refusal: error.refusal, why: error.message });
  else logger.error('failed', { error });
  const answer = json(problem.status, 'application/problem+json', {
    ...problem,
    instance: request.event.requestContext.requestId,
  });
  request.response = { ...answer, headers: { ...answer.headers, ...advice[problem.status] } };
};

/** Rates are counted by the minute (RFC 9110 §10.2.3). */
const advice: Readonly<Record<number, Record<string, string>>> = { 429: { 'retry-after': '60' } };

const json = (
  statusCode: number,
  type: string,
  body: unknown,
): APIGatewayProxyStructuredResultV2 => ({
  statusCode,
  headers: { 'content-type': type },
  body: JSON.stringify(body),
});
