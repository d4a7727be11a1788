import { resolve } from 'node:path';
import type { DataHandleResource } from '../../../../contract/resources.ts';
import { dataHandleLine, makeDataHandle, readDataHandle } from '../data-handles.ts';
import type { Family } from '../family.ts';
import { idempotencyKey, integer, number } from '../options.ts';
import { facts } from '../render/table.ts';
import { moment } from '../render/words.ts';
import type { Session } from '../session.ts';
import { upload } from '../uploads.ts';

export const data: Family = (program, session) => {
  const family = program
    .command('data')
    .description('upload data, make data handles of them, show those');
  create(family, session);
  send(family, session);
  show(family, session);
};

const create: Family = (family, session) => {
  family
    .command('create')
    .description(
      'make a data handle of CSV or Parquet files, here or in S3, and wait until it is ready',
    )
    .option('--train <place>', 'table of examples: a file, or its s3:// URI')
    .option('--validation <place>', 'as --train')
    .option('--test <place>', 'as --train')
    .option('--predict <place>', 'as --train')
    .option('--objects <place>', 'folder or s3:// prefix of object files')
    .option('--train-objects <place>', 'as --objects, for one partition')
    .option('--validation-objects <place>', 'as --objects, for one partition')
    .option('--test-objects <place>', 'as --objects, for one partition')
    .option('--predict-objects <place>', 'as --objects, for one partition')
    .option('--misc <place>', 'folder or s3:// prefix of further files')
    .option('--download-columns <name...>', 'columns that hold paths of object files')
    .option('--fraction <share>', 'share of each partition that is drawn, in (0, 1]', number)
    .option('--seed <number>', 'for the draw', integer)
    .addOption(idempotencyKey())
    .action(async ({ idempotencyKey: key, downloadColumns, fraction, seed, ...given }) => {
      const scope = await session.scope();
      const places = {
        train: given.train,
        validation: given.validation,
        test: given.test,
        predict: given.predict,
        objects: given.objects,
        train_objects: given.trainObjects,
        validation_objects: given.validationObjects,
        test_objects: given.testObjects,
        predict_objects: given.predictObjects,
        misc: given.misc,
      };
      const made = await makeDataHandle(session, scope, {
        request: { places, downloadColumns, fraction, seed },
        folder: session.terminal.cwd,
        idempotencyKey: key,
      });
      session.answer(made, () => dataHandleLine(made));
    });
};

const send: Family = (family, session) => {
  family
    .command('upload')
    .description('send a file, or a folder with all its files, and tell its s3:// URI')
    .argument('<path>')
    .action(async (path) => {
      const uri = await upload(session.service(), resolve(session.terminal.cwd, path));
      session.answer({ uri }, () => uri);
    });
};

const show: Family = (family, session) => {
  family
    .command('show')
    .description('show a data handle of the experiment')
    .argument('<data_handle>', 'its ID')
    .action(async (id) => {
      const handle = await readDataHandle(await session.scope(), id);
      session.answer(handle, () => told(session, handle));
    });
};

const told = (session: Session, handle: DataHandleResource): string =>
  facts(
    [
      ['data handle', handle.dataHandleId],
      ['status', handle.status],
      [
        'rows',
        Object.entries(handle.rows ?? {})
          .map((pair) => pair.join(' '))
          .join(', '),
      ],
      ['fraction', `${handle.fraction}, seed ${handle.seed}`],
      ...Object.entries(handle.locators),
      ['download columns', handle.downloadColumns.join(', ')],
      ['created', moment(handle.createdAt)],
      ['manifest', handle.manifestSha256 && `SHA-256 ${handle.manifestSha256}`],
      ['error', handle.error],
      ['error type', handle.errorType],
    ],
    session.canvas(),
  ).join('\n');
