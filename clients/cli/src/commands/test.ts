import { startTest } from '../../../../contract/inference-routes.ts';
import type { Family } from '../family.ts';
import { infer, inferenceOptions } from '../inference.ts';
import { metricLines } from '../render/operation.ts';

export const test: Family = (program, session) => {
  inferenceOptions(
    program
      .command('test')
      .description('test a trained model on the test partition of a data handle'),
  ).action(async (runId, options) => {
    const scope = await session.scope();
    const wanted = { route: startTest, partition: 'test', runId, options } as const;
    const operation = await infer(session, scope, wanted);
    session.answer({ experiment: scope.params.experiment, operation }, () =>
      metricLines(operation, session.canvas()).join('\n'),
    );
  });
};
