import { getExperiment } from '../../../../contract/experiment-routes.ts';
import type { Family } from '../family.ts';
import { readOperation } from '../operations.ts';
import { watchOperation } from '../watch-operation.ts';

export const attach: Family = (family, session) => {
  family
    .command('attach')
    .description('come back to the alive experiment: show its active operation until it is over')
    .action(async () => {
      const scope = await session.scope();
      const { body: experiment } = await scope.service.call(getExperiment, scope);
      session.say(`Experiment ${experiment.name} reconnected`);
      const { activeOperation } = experiment;
      if (activeOperation === undefined) {
        const text = `No operation of ${experiment.name} is active`;
        return session.answer({ experiment: experiment.name, operation: null }, () => text);
      }
      await watchOperation(session, scope, await readOperation(scope, activeOperation));
    });
};
