import { Duration, Validations } from 'aws-cdk-lib';
import {
  HttpMethod,
  HttpNoneAuthorizer,
  type IHttpRouteAuthorizer,
} from 'aws-cdk-lib/aws-apigatewayv2';
import {
  HttpLambdaAuthorizer,
  HttpLambdaResponseType,
} from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { isForUsers, type Access as Level } from '../contract/route.ts';
import { routes } from '../contract/routes.ts';
import type { Access } from './access.ts';
import type { Deployment } from './deployment.ts';
import { FanfoldFunction } from './fanfold-function.ts';
import type { FrontDoor } from './front-door.ts';

type Row = (typeof routes)[number];
/** Routes whose function belongs to the API; a worker's has a construct of its own. */
type UserRoute = Exclude<Row, { readonly name: 'syncWorker' }>['name'];

/** A token that is taken back keeps working for this long. */
const authorizerCache = Duration.seconds(60);

/** What each route's function may reach, and nothing else. A new route does not compile until it is placed. */
export type RouteAccess = Readonly<
  Record<UserRoute | 'authorize' | 'issueToken', readonly Access[]>
>;

/** Routes that read everything there is of an experiment before they answer. */
const exporting: ReadonlySet<string> = new Set<UserRoute>([
  'exportResults',
  'exportRuns',
  'exportAudit',
]);

interface ApiProps {
  readonly deployment: Deployment;
  readonly frontDoor: FrontDoor;
  readonly access: RouteAccess;
  /** What stands before every route of users needs. */
  readonly guard: Access;
  readonly syncWorker: FanfoldFunction;
}

/** The contract's routes, one function with a role of its own for each. */
export class Api extends Construct {
  /** Makes tokens for whom IAM lets invoke it. */
  readonly issueToken: LambdaFunction;

  constructor(scope: Construct, id: string, props: ApiProps) {
    super(scope, id);
    const authorizers = this.authorizers(props);
    for (const route of routes) {
      const { lambda } = this.functionFor(route, props);
      const added = props.frontDoor.httpApi.addRoutes({
        path: route.path,
        methods: [HttpMethod[route.method]],
        integration: new HttpLambdaIntegration(route.name, lambda),
        authorizer: authorizers[route.access],
      });
      const reason = withoutAuthorizer[route.access];
      for (const construct of reason ? added : []) {
        Validations.of(construct).acknowledge({ id: 'AwsSolutions-APIG4', reason: reason ?? '' });
      }
    }
    this.issueToken = new FanfoldFunction(this, 'IssueToken', {
      deployment: props.deployment,
      useCase: 'issueToken',
      description: 'Makes an API token for whoever may invoke it',
      kind: 'answer',
      access: props.access.issueToken,
    }).lambda;
  }

  private functionFor(route: Row, props: ApiProps): FanfoldFunction {
    if (route.name === 'syncWorker') return props.syncWorker;
    return new FanfoldFunction(this, capitalized(route.name), {
      deployment: props.deployment,
      useCase: route.name,
      description: route.summary,
      kind: exporting.has(route.name) ? 'export' : 'answer',
      access: [...props.access[route.name], ...(isForUsers(route.access) ? [props.guard] : [])],
    });
  }

  private authorizers({ deployment, access }: ApiProps): Record<Level, IHttpRouteAuthorizer> {
    const authorize = new FanfoldFunction(this, 'Authorize', {
      deployment,
      useCase: 'authorize',
      description: 'Finds whose token a call bears',
      kind: 'answer',
      access: access.authorize,
    });
    const anyone = new HttpNoneAuthorizer();
    const user = new HttpLambdaAuthorizer('User', authorize.lambda, {
      responseTypes: [HttpLambdaResponseType.SIMPLE],
      resultsCacheTtl: authorizerCache,
    });
    return { open: anyone, worker: anyone, reader: user, operator: user, admin: user };
  }
}

const withoutAuthorizer: Record<Level, string | undefined> = {
  open: 'Tells nothing that is not public: that the service answers, and the API’s description.',
  worker: 'A worker’s token is rotated with every sync, so the use case itself checks it.',
  reader: undefined,
  operator: undefined,
  admin: undefined,
};

const capitalized = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);
