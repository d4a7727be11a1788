import { basename, resolve } from 'node:path';
import { Option } from '@commander-js/extra-typings';
import type { ClientCall } from '../../../../contract/client.ts';
import { putSchedule } from '../../../../contract/schedule-routes.ts';
import { usageError } from '../cli-error.ts';
import { locatorsOf } from '../data-handles.ts';
import type { Family } from '../family.ts';
import type { FitFile } from '../fit-file.ts';
import { readFitFile } from '../fit-file.ts';
import { number } from '../options.ts';
import type { Service } from '../service.ts';
import type { Session } from '../session.ts';
import { readText } from '../yaml-file.ts';

type Template = NonNullable<ClientCall<typeof putSchedule>['body']>['template'];

interface Contest {
  readonly metric?: string | undefined;
  readonly mode?: 'min' | 'max' | undefined;
  readonly tolerance?: number | undefined;
}

export const putOne: Family = (family, session) => {
  family
    .command('put')
    .description('make a schedule of a fit file, or change the one of that name')
    .argument('<schedule>', 'its name')
    .argument('<file>', 'the fit file; local data are sent now')
    .requiredOption('--expression <expression>', '"cron(0 6 ? * MON *)" or "rate(1 day)"')
    .option('--timezone <zone>', 'such as Europe/Vienna; UTC if left out')
    .addOption(
      new Option('--overlap <policy>', 'while an experiment is alive in the workspace').choices([
        'skip',
        'queue',
        'replace',
      ]),
    )
    .option('--metric <name>', 'of champions: val_loss or another validation metric')
    .addOption(new Option('--mode <mode>', 'what is better in it').choices(['min', 'max']))
    .option('--tolerance <amount>', 'by how much a challenger must be better', number)
    .option('--artifacts <uri>', 's3://bucket/prefix where each occurrence saves them')
    .option('--save-epoch-checkpoints', 'with --artifacts: those of all epochs as well', false)
    .action(async (schedule, path, options) => {
      const { expression, timezone, overlap, artifacts, saveEpochCheckpoints } = options;
      const service = session.service();
      const told = readFitFile(resolve(session.terminal.cwd, path));
      const template: Template = {
        ...(await templateOf(session, service, told)),
        ...contestOf(options),
        ...(artifacts !== undefined && { artifactsBucket: artifacts }),
        saveEpochCheckpoints,
      };
      const { workspace } = service.connection;
      const answer = await service.repeat(putSchedule, {
        params: { workspace, schedule },
        body: {
          ...{ expression, template },
          ...(timezone !== undefined && { timezone }),
          ...(overlap !== undefined && { overlap }),
        },
      });
      const how = answer.status === 201 ? 'is made' : 'is changed';
      session.answer(answer.body, () => `Schedule ${schedule} ${how}; it fires at ${expression}`);
    });
};

const templateOf = async (
  session: Session,
  service: Service,
  { data, folder, experiment, spec, epochCheckpoints, request }: FitFile,
): Promise<Template> => {
  if (typeof data === 'string') {
    throw usageError(
      'a schedule downloads its data anew: name their places in the file, not an ID',
    );
  }
  const { downloadColumns = [], fraction = 1, seed = 42 } = data;
  const locators = await locatorsOf(session, { service }, { request: data, folder });
  return {
    experimentName: experiment,
    mlSpec: { fileName: basename(spec), source: readText(spec) },
    epochCheckpoints,
    dataHandle: { locators, downloadColumns: [...downloadColumns], fraction, seed },
    fit: request,
    saveEpochCheckpoints: false,
  };
};

/** Champions are measured when something is said of how. */
const contestOf = ({ metric, mode, tolerance }: Contest): Pick<Template, 'champion'> => {
  if (metric === undefined && mode === undefined && tolerance === undefined) return {};
  return {
    champion: {
      ...(metric !== undefined && { metric }),
      ...(mode !== undefined && { mode }),
      ...(tolerance !== undefined && { tolerance }),
    },
  };
};
