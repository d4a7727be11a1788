import { subscribe } from 'node:diagnostics_channel';
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Subsegment } from './x-ray.ts';
import { begin, daemonAt, faultOf, sampledTrace } from './x-ray.ts';

/** What Node tells those who watch its HTTP requests. */
interface Exchange {
  readonly request: ClientRequest;
  readonly response?: IncomingMessage;
  readonly error?: Error;
}

/**
 * Tells X-Ray, of every event that it samples, how long the handler took and each HTTP call in it, as
 * are those of the SDK's clients. Without a daemon there is nobody to tell.
 */
export const tracing = (daemon = variable('AWS_XRAY_DAEMON_ADDRESS')) => {
  if (!daemon) return [];
  const tell = daemonAt(daemon);
  let coldStart = variable('AWS_LAMBDA_INITIALIZATION_TYPE') === 'on-demand';
  let handling: Subsegment | undefined;

  const finish = async (details: object): Promise<void> => {
    const finished = handling;
    handling = undefined;
    if (finished) await tell(finished, { ...details, annotations: annotations(coldStart) });
    coldStart = false;
  };
  traceCalls(() => handling, tell);
  return [
    {
      before: (): void => {
        const trace = sampledTrace(variable('_X_AMZN_TRACE_ID'));
        handling = trace && begin(trace, `## ${variable('_HANDLER')}`);
      },
      after: () => finish({}),
      onError: ({ error }: { readonly error: unknown }) => finish(faultOf(error)),
    },
  ];
};

// biome-ignore lint/style/noProcessEnv: the runtime names each event's trace in a variable
const variable = (name: string): string | undefined => process.env[name];

const annotations = (coldStart: boolean) => ({
  ColdStart: coldStart,
  Service: variable('POWERTOOLS_SERVICE_NAME'),
});

const traceCalls = (
  parent: () => Subsegment | undefined,
  tell: ReturnType<typeof daemonAt>,
): void => {
  const calls = new WeakMap<ClientRequest, Subsegment>();
  const finish = ({ request, response, error }: Exchange): void => {
    const call = calls.get(request);
    calls.delete(request);
    if (call) void tell(call, { ...callOf(request, response), ...(error && faultOf(error)) });
  };
  watch('http.client.request.start', ({ request }) => {
    const { trace_id, id } = parent() ?? {};
    if (trace_id && id) calls.set(request, begin({ trace_id, parent_id: id }, request.host));
  });
  watch('http.client.response.finish', finish);
  watch('http.client.request.error', finish);
};

const watch = (channel: string, see: (exchange: Exchange) => void): void =>
  subscribe(channel, (message) => see(message as Exchange));

/** The operation is in a header where the protocol is JSON, else in method and path. */
const callOf = (request: ClientRequest, response: IncomingMessage | undefined) => {
  const { method, protocol, host, path } = request;
  const operation = String(request.getHeader('x-amz-target') ?? '').split('.')[1];
  const status = response?.statusCode;
  return {
    namespace: 'remote',
    ...(operation && { aws: { operation } }),
    http: {
      request: { method, url: `${protocol}//${host}${path.split('?')[0]}` },
      ...(status && { response: { status } }),
    },
    ...(status && flagsOf(status)),
  };
};

const flagsOf = (status: number) => ({
  throttle: status === 429,
  error: status >= 400 && status < 500,
  fault: status >= 500,
});
