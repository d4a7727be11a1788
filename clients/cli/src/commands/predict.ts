import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { getPredictions, startPrediction } from '../../../../contract/inference-routes.ts';
import { download } from '../downloads.ts';
import type { Family } from '../family.ts';
import { infer, inferenceOptions } from '../inference.ts';
import { counted } from '../render/words.ts';
import type { Scope } from '../session.ts';

export const predict: Family = (program, session) => {
  inferenceOptions(
    program
      .command('predict')
      .description('predict with a trained model, and download the predictions as CSV'),
  )
    .option('--output <file>', 'where to; predictions_run3.csv or the like if left out')
    .action(async (runId, { output, ...options }) => {
      const scope = await session.scope();
      const wanted = { route: startPrediction, partition: 'predict', runId, options } as const;
      const operation = await infer(session, scope, wanted);
      const { fileName, url } = await placeOf(scope, operation.operation);
      const file = resolve(session.terminal.cwd, output ?? fileName);
      const replaced = existsSync(file) ? ', in place of the file that was there' : '';
      await download(url, file, session.interrupted);
      const rows = counted(operation.predictions?.rows ?? 0, 'row');
      session.answer(
        { experiment: scope.params.experiment, operation, file },
        () => `${rows} of predictions are in ${output ?? fileName}${replaced}`,
      );
    });
};

const placeOf = async ({ service, params }: Scope, operation: number) => {
  const call = { params: { ...params, operation: String(operation) } };
  return (await service.call(getPredictions, call)).body;
};
