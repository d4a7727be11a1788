import {
  ListMapRunsCommand,
  paginateGetExecutionHistory,
  paginateListExecutions,
  paginateListStateMachines,
  SFNClient,
} from '@aws-sdk/client-sfn';
import type { AwsSettings } from '../../local/aws.ts';

/**
 * The embedded Step Functions keeps no history of a map's items. An item whose worker needs one job trains,
 * settles, chooses and succeeds (lib/operation-workflow.ts).
 */
const statesOfItem = 4;

/** States that workflows have entered so far, those of their maps' items included. */
export const stateTransitions = async (aws: AwsSettings): Promise<number> => {
  const client = new SFNClient(aws);
  let entered = 0;
  for await (const { stateMachines = [] } of paginateListStateMachines({ client }, {}))
    for (const { stateMachineArn } of stateMachines)
      for (const execution of await executionsOf(client, { stateMachineArn }))
        entered += await enteredIn(client, execution);
  return entered;
};

const executionsOf = async (
  client: SFNClient,
  of: { readonly stateMachineArn?: string | undefined; readonly mapRunArn?: string | undefined },
): Promise<readonly string[]> => {
  const found: string[] = [];
  for await (const { executions = [] } of paginateListExecutions({ client }, of))
    for (const { executionArn } of executions) if (executionArn) found.push(executionArn);
  return found;
};

const enteredIn = async (client: SFNClient, executionArn: string): Promise<number> => {
  let entered = 0;
  for await (const { events = [] } of paginateGetExecutionHistory({ client }, { executionArn }))
    entered += events.filter(({ type }) => type?.endsWith('StateEntered')).length;
  const { mapRuns = [] } = await client.send(new ListMapRunsCommand({ executionArn }));
  for (const { mapRunArn } of mapRuns)
    entered += statesOfItem * (await executionsOf(client, { mapRunArn })).length;
  return entered;
};
