import { resolve } from 'node:path';
import { allOf } from '../../../../contract/client.ts';
import {
  endExperiment,
  getExperiment,
  listExperiments,
} from '../../../../contract/experiment-routes.ts';
import type { ExperimentResource } from '../../../../contract/resources.ts';
import { createOrReconnect } from '../create-experiment.ts';
import type { Family } from '../family.ts';
import { mustBeCompleted, waitFor } from '../operations.ts';
import { idempotencyKey } from '../options.ts';
import type { Column } from '../render/table.ts';
import { facts, table } from '../render/table.ts';
import { moment } from '../render/words.ts';
import type { Session } from '../session.ts';
import { keyOr } from '../session.ts';
import { attach } from './attach.ts';

export const experiments: Family = (program, session) => {
  const family = program
    .command('experiments')
    .alias('experiment')
    .description('create, list, show, attach to and end experiments');
  create(family, session);
  list(family, session);
  show(family, session);
  attach(family, session);
  end(family, session);
};

const create: Family = (family, session) => {
  family
    .command('create')
    .description('create an experiment, or come back to the alive one of that name')
    .argument('<spec_file>', 'the Python file with the class MLSpec')
    .argument('<name>', '1 to 64 of A-Z a-z 0-9 . _ -')
    .option('--epoch-checkpoints', 'keep the checkpoint of every epoch of every run')
    .option('--supersede', 'also when this ends an experiment that is at work')
    .action(async (spec, name, { epochCheckpoints = false, supersede }) => {
      const wanted = { name, spec: resolve(session.terminal.cwd, spec), epochCheckpoints };
      const mayEnd = supersede ? 'any' : 'idle';
      const made = await createOrReconnect(session, session.service(), { ...wanted, mayEnd });
      session.answer(made, () => told(session, made.experiment));
    });
};

const columns: readonly Column<ExperimentResource>[] = [
  { title: 'name', text: ({ name }) => name, least: 12 },
  {
    title: 'status',
    text: ({ status, endedBy }) => (endedBy === 'superseded' ? endedBy : status),
    style: ({ status }) => (status === 'alive' ? 'green' : 'dim'),
  },
  { title: 'created', text: ({ createdAt }) => moment(createdAt), rank: 1 },
  { title: 'ended', text: ({ endedAt }) => moment(endedAt), rank: 2 },
  { title: 'code', text: ({ mlSpec }) => mlSpec.fileName, rank: 3 },
];

const list: Family = (family, session) => {
  family
    .command('list')
    .description('list the experiments of the workspace by name')
    .option('--alive', 'only the alive one')
    .action(async ({ alive }) => {
      const { call, connection } = session.service();
      const params = { workspace: connection.workspace };
      const all = await allOf((cursor) =>
        call(listExperiments, { params, query: { cursor, ...(alive && { status: 'alive' }) } }),
      );
      session.answer(all, () =>
        all.length === 0
          ? `No experiments in workspace ${connection.workspace}`
          : table(columns, all, session.canvas()).join('\n'),
      );
    });
};

const show: Family = (family, session) => {
  family
    .command('show')
    .description('show an experiment, the alive one if none is named')
    .argument('[name]')
    .action(async (name) => {
      const { service, params } = await session.scope(name);
      const { body } = await service.call(getExperiment, { params });
      session.answer(body, () => told(session, body));
    });
};

const end: Family = (family, session) => {
  family
    .command('end')
    .description('end the experiment, saving its artifacts first when told where to')
    .option('--artifacts <uri>', 's3://bucket/prefix for checkpoints, metrics, logs, code, configs')
    .option('--save-epoch-checkpoints', 'with --artifacts: those of all epochs as well')
    .addOption(idempotencyKey())
    .action(
      async ({ artifacts: artifactsBucket, saveEpochCheckpoints = false, idempotencyKey: key }) => {
        const scope = await session.scope();
        const { service, params } = scope;
        const { experiment } = params;
        const body = { saveEpochCheckpoints, ...(artifactsBucket && { artifactsBucket }) };
        const answer = await service.call(endExperiment, { params, body, ...keyOr(key) });
        const { operation, ended } = answer.body;
        if (operation === undefined) {
          const how = ended ? 'ended' : 'has ended before, so there is nothing to end';
          session.answer(answer.body, () => `Experiment ${experiment} ${how}`);
          return;
        }
        const saved = await waitFor(session, scope, operation, `Saving artifacts of ${experiment}`);
        mustBeCompleted(saved);
        session.answer(
          { ended: true, operation: saved },
          () => `Experiment ${experiment} ended; its artifacts are under ${saved.artifactsUri}`,
        );
      },
    );
};

const told = (session: Session, experiment: ExperimentResource): string => {
  const { activeOperation, mlSpec } = experiment;
  return facts(
    [
      ['name', experiment.name],
      ['status', [experiment.status, experiment.endedBy].filter(Boolean).join(', ')],
      ['workspace', experiment.workspace],
      ['code', `${mlSpec.fileName}, SHA-256 ${mlSpec.sha256}`],
      ['epoch checkpoints', experiment.epochCheckpoints ? 'kept' : 'not kept'],
      ['created', moment(experiment.createdAt)],
      ['ended', moment(experiment.endedAt)],
      ['active operation', activeOperation === undefined ? undefined : String(activeOperation)],
      ['storage', experiment.storageUri],
    ],
    session.canvas(),
  ).join('\n');
};
