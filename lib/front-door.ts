import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import { HttpApi, HttpStage, LogGroupLogDestination } from 'aws-cdk-lib/aws-apigatewayv2';
import { Construct } from 'constructs';
import { keptLogs } from './log-group.ts';
import type { Settings } from './settings.ts';

/** 1,000 workers that sync every 2 s make 500 requests a second; the rest is for people. */
const requestsPerSecond = 1000;
const burst = 2000;

/** One line of JSON per request; no header, so no token. */
const accessLog = JSON.stringify({
  requestId: '$context.requestId',
  time: '$context.requestTime',
  ip: '$context.identity.sourceIp',
  route: '$context.routeKey',
  path: '$context.path',
  status: '$context.status',
  latencyMs: '$context.responseLatency',
  sizeBytes: '$context.responseLength',
  caller: '$context.authorizer.label',
  error: '$context.integrationErrorMessage',
});

/** The HTTP API itself, whose URL is known before there is anything behind it. */
export class FrontDoor extends Construct {
  readonly httpApi: HttpApi;
  readonly url: string;

  constructor(scope: Construct, id: string, settings: Settings) {
    super(scope, id);
    this.httpApi = new HttpApi(this, 'HttpApi', {
      description: 'Fanfold: experiment operations for deep learning',
      createDefaultStage: false,
    });
    this.url = this.httpApi.apiEndpoint;
    new HttpStage(this, 'Stage', {
      httpApi: this.httpApi,
      autoDeploy: true,
      throttle: { rateLimit: requestsPerSecond, burstLimit: burst },
      accessLogSettings: {
        destination: new LogGroupLogDestination(keptLogs(this, 'AccessLogs', settings)),
        format: AccessLogFormat.custom(accessLog),
      },
    });
  }
}
