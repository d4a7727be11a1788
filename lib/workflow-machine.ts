import { ArnFormat, type Duration, Stack, Validations } from 'aws-cdk-lib';
import { PolicyStatement, type PolicyStatementProps } from 'aws-cdk-lib/aws-iam';
import {
  DefinitionBody,
  type IChainable,
  LogLevel,
  StateMachine,
} from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { Access } from './access.ts';
import type { FanfoldFunction } from './fanfold-function.ts';
import { keptLogs } from './log-group.ts';
import { acknowledgePatterns } from './patterns.ts';
import type { Settings } from './settings.ts';

interface WorkflowMachineProps {
  readonly settings: Settings;
  readonly start: IChainable;
  readonly timeout: Duration;
  /** The functions that the states call. */
  readonly steps: readonly FanfoldFunction[];
  readonly comment: string;
  /** The variable by which functions know the machine. */
  readonly variable: string;
}

/** A state machine as all of ours are: standard, logging what fails, traced. */
export class WorkflowMachine extends Construct {
  readonly machine: StateMachine;
  /** Starts executions. */
  readonly start: Access;
  /** Sees how an execution stands. */
  readonly describe: Access;

  constructor(scope: Construct, id: string, props: WorkflowMachineProps) {
    super(scope, id);
    this.machine = new StateMachine(this, 'Machine', {
      definitionBody: DefinitionBody.fromChainable(props.start),
      comment: props.comment,
      timeout: props.timeout,
      tracingEnabled: true,
      logs: {
        destination: keptLogs(this, 'Logs', props.settings),
        level: LogLevel.ERROR,
        includeExecutionData: false,
      },
    });
    const { stateMachineArn } = this.machine;
    const environment = { [props.variable]: stateMachineArn };
    this.start = {
      environment,
      statements: [{ actions: ['states:StartExecution'], resources: [stateMachineArn] }],
    };
    this.describe = {
      environment,
      statements: [{ actions: ['states:DescribeExecution'], resources: [this.executions()] }],
      pattern: 'An execution is named after its operation.',
    };
    acknowledgePatterns(
      this.machine,
      ['*', ...props.steps.map(({ lambda }) => `${lambda.functionArn}:*`)],
      'X-Ray and log delivery know no resources to name; a step may be any version of its function.',
    );
    Validations.of(this.machine).acknowledge({
      id: 'AwsSolutions-SF1',
      reason: 'Executions carry workers’ tokens; their logs name what fails and nothing else.',
    });
  }

  /** Lets the machine's states do more; `pattern` is why resources are named by one, where they are. */
  allow(statements: readonly PolicyStatementProps[], pattern: string): void {
    for (const statement of statements) {
      this.machine.addToRolePolicy(new PolicyStatement(statement));
      acknowledgePatterns(this.machine, statement.resources ?? [], pattern);
    }
  }

  /** The CDK lets a machine with a Distributed Map see and stop that map's executions. */
  acknowledgeMapRuns(label: string): void {
    const stack = Stack.of(this);
    const arn = stack.splitArn(this.machine.stateMachineArn, ArnFormat.COLON_RESOURCE_NAME);
    acknowledgePatterns(
      this.machine,
      [this.executions(arn.resourceName), this.executions(`${arn.resourceName}/${label}`)],
      'A map names its executions itself.',
    );
  }

  private executions(machineName = this.machine.stateMachineName): string {
    return Stack.of(this).formatArn({
      service: 'states',
      resource: 'execution',
      resourceName: `${machineName}:*`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
  }
}
