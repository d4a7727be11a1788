import { resolve } from 'node:path';
import { startedFit, startFit } from '../../../../contract/fit-routes.ts';
import type { FitPlanResource } from '../../../../contract/resources.ts';
import { createOrReconnect } from '../create-experiment.ts';
import { dataHandleLine, makeDataHandle } from '../data-handles.ts';
import type { Family } from '../family.ts';
import type { FitFile } from '../fit-file.ts';
import { readFitFile } from '../fit-file.ts';
import { idempotencyKey } from '../options.ts';
import { planLines } from '../render/fit-plan.ts';
import type { Scope, Session } from '../session.ts';
import { keyOr } from '../session.ts';
import { watchFit } from '../watch-fit.ts';

interface FitOptions {
  readonly dryRun?: true | undefined;
  readonly detach?: true | undefined;
  readonly supersede?: true | undefined;
  readonly idempotencyKey?: string | undefined;
}

export const fit: Family = (program, session) => {
  program
    .command('fit')
    .description('train the configs of a fit file, and show it until it is over')
    .argument('<file>', 'YAML or JSON: spec, experiment, data, config, seed, options')
    .option('--dry-run', 'tell what the fit would do; start nothing')
    .option('--detach', 'come back once the fit is started')
    .option('--supersede', 'also when this ends an experiment that is at work')
    .addOption(idempotencyKey())
    .action(async (file, options) => {
      const told = readFitFile(resolve(session.terminal.cwd, file));
      const scope = await openScope(session, told, options);
      const dataHandleId = await dataHandleOf(session, scope, { told, options });
      const body = { ...told.request, dataHandleId };
      if (options.dryRun) await plan(session, scope, body);
      else await start(session, scope, { body, options });
    });
};

const openScope = async (
  session: Session,
  { experiment: name, spec, epochCheckpoints }: FitFile,
  { supersede, dryRun }: FitOptions,
): Promise<Scope> => {
  const service = session.service();
  const mayEnd = supersede ? 'any' : dryRun ? 'none' : 'idle';
  const wanted = { name, spec, epochCheckpoints, mayEnd } as const;
  const { experiment } = await createOrReconnect(session, service, wanted);
  return {
    service,
    params: { workspace: service.connection.workspace, experiment: experiment.name },
  };
};

/** The one that the file names, or one made of the data it names, with a key of its own. */
const dataHandleOf = async (
  session: Session,
  scope: Scope,
  { told, options }: { readonly told: FitFile; readonly options: FitOptions },
): Promise<string> => {
  const { data, folder } = told;
  if (typeof data === 'string') return data;
  const key = options.idempotencyKey && `${options.idempotencyKey}-data`;
  const made = await makeDataHandle(session, scope, { request: data, folder, idempotencyKey: key });
  session.say(dataHandleLine(made));
  return made.dataHandleId;
};

type Body = FitFile['request'] & { readonly dataHandleId: string };

const plan = async (session: Session, { service, params }: Scope, body: Body): Promise<void> => {
  const answer = await service.repeat(startFit, { params, body: { ...body, dryRun: true } });
  const planned = answer.body as FitPlanResource;
  session.answer(planned, () => planLines(planned).join('\n'));
};

const start = async (
  session: Session,
  scope: Scope,
  { body, options }: { readonly body: Body; readonly options: FitOptions },
): Promise<void> => {
  const { service, params } = scope;
  const call = { params, body, ...keyOr(options.idempotencyKey) };
  const operation = startedFit(await service.call(startFit, call));
  const { experiment } = params;
  const name = `Fit ${operation.operation} of experiment ${experiment}`;
  if (!options.detach) {
    session.say(`${name} is started`);
    return watchFit(session, scope, operation);
  }
  session.answer(
    { experiment, operation },
    () => `${name} is started; \`fanfold experiments attach\` shows it`,
  );
};
