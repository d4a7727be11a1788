import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { isForUsers } from '../../contract/route.ts';
import { routes } from '../../contract/routes.ts';
import { controlPlane, propertiesOf } from './synthesized.ts';

const deployed = Object.values(propertiesOf(controlPlane, 'AWS::ApiGatewayV2::Route'));

const keysOfUsers = routes
  .filter(({ access }) => isForUsers(access))
  .map(({ method, path }) => `${method} ${path}`);

describe('the API', () => {
  test('has the routes of the contract and no other', () => {
    const keys = deployed.map(({ RouteKey }) => RouteKey);
    expect(keys.sort()).toEqual(routes.map(({ method, path }) => `${method} ${path}`).sort());
  });

  test('asks for a token on every route of a user', () => {
    const guarded = deployed.filter(
      (route) => route['AuthorizationType'] === 'CUSTOM' && route['AuthorizerId'],
    );
    expect(guarded.map(({ RouteKey }) => RouteKey).sort()).toEqual(keysOfUsers.sort());
  });

  test('leaves nothing open but health, its description, and the sync that checks its own token', () => {
    const open = deployed.filter(({ AuthorizationType }) => AuthorizationType === 'NONE');
    expect(open.map(({ RouteKey }) => RouteKey).sort()).toEqual([
      'GET /v1/health',
      'GET /v1/openapi.json',
      'POST /v1/worker/sync',
    ]);
  });

  test('keeps an authorizer’s answer for a minute, by token', () => {
    controlPlane.hasResourceProperties('AWS::ApiGatewayV2::Authorizer', {
      AuthorizerResultTtlInSeconds: 60,
      EnableSimpleResponses: true,
      AuthorizerPayloadFormatVersion: '2.0',
      IdentitySource: ['$request.header.Authorization'],
    });
  });

  test('is throttled and logs each request without its headers', () => {
    controlPlane.hasResourceProperties('AWS::ApiGatewayV2::Stage', {
      StageName: '$default',
      AutoDeploy: true,
      DefaultRouteSettings: { ThrottlingRateLimit: 1000, ThrottlingBurstLimit: 2000 },
      AccessLogSettings: { Format: Match.not(Match.stringLikeRegexp('header')) },
    });
  });

  test('hands calls to functions in payload format 2.0', () => {
    for (const integration of Object.values(
      propertiesOf(controlPlane, 'AWS::ApiGatewayV2::Integration'),
    )) {
      expect(integration['PayloadFormatVersion']).toBe('2.0');
    }
  });

  test('runs on Node 24, or where Python is to be read on Python, on ARM, each function with a log that forgets, and all but the sync traced', () => {
    for (const [id, lambda] of Object.entries(
      propertiesOf(controlPlane, 'AWS::Lambda::Function'),
    )) {
      expect(lambda).toMatchObject({
        Runtime: lambda['Handler'] === 'check_ml_spec.handler' ? 'python3.15' : 'nodejs24.x',
        Architectures: ['arm64'],
        TracingConfig: { Mode: id.includes('SyncWorker') ? 'PassThrough' : 'Active' },
        LoggingConfig: { LogGroup: { Ref: expect.any(String) } },
      });
    }
    for (const log of Object.values(propertiesOf(controlPlane, 'AWS::Logs::LogGroup'))) {
      expect(log['RetentionInDays']).toBe(30);
    }
  });
});
