import { expandConfigGroup } from '../../domain/config-group.ts';
import type { Partition } from '../../domain/data-handle.ts';
import { checkDataHandleSpec } from '../../domain/data-handle-spec.ts';
import { DomainError } from '../../domain/domain-error.ts';
import type { Template } from '../../domain/schedule.ts';
import { setSecretsAside } from '../../domain/secrets.ts';
import { checkLength } from '../http/check-length.ts';
import { checkSaving } from '../http/check-saving.ts';
import type { HttpPorts } from '../http/ports.ts';
import { checkCode } from '../place-experiment.ts';

type Ports = Pick<HttpPorts, 'mlSpecs' | 'checkScope' | 'bucket' | 'entropy'>;

/** Refuses a template whose occurrences would be refused, by the very rules that those would meet. */
export const checkTemplate = async (
  workspace: string,
  template: Template,
  ports: Ports,
): Promise<void> => {
  const { experimentName: experiment, dataHandle, epochCheckpoints, fit } = template;
  await under('/template', () => checkCode(template.mlSpec, ports));
  await under('/template/dataHandle', () => {
    checkDataHandleSpec(dataHandle);
    checkLength({ workspace, experiment }, dataHandle, ports);
  });
  const group = await under('/template/fit', () => {
    const { config } = setSecretsAside(fit.mlConfig, ports.entropy.id(16));
    return expandConfigGroup(config, fit.seed);
  });
  needs('train', 'a fit', template);
  if (group.halved.length > 0) needs('validation', 'SHA', template);
  if (template.champion) needs('validation', 'the choice of a challenger', template);
  if (template.champion) needs('test', 'a contest with the champion', template);
  if (template.artifactsBucket === undefined) return;
  await under('/template', () =>
    checkSaving({ workspace, experiment, epochCheckpoints }, template, ports.bucket),
  );
};

/** Tells where in the template a rule found what it refuses. */
const under = async <T>(place: string, check: () => T | Promise<T>): Promise<T> => {
  try {
    return await check();
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    const faults = error.faults.map(({ pointer, ...rest }) => ({
      pointer: `${place}${pointer}`,
      ...rest,
    }));
    throw new DomainError(error.refusal, `in the template: ${error.message}`, faults);
  }
};

const needs = (partition: Partition, what: string, { dataHandle }: Template): void => {
  if (dataHandle.locators[partition] !== undefined) return;
  throw new DomainError(
    'partition-missing',
    `the template's data have no ${partition} partition; ${what} needs one`,
    [{ pointer: `/template/dataHandle/locators/${partition}`, detail: 'is missing' }],
  );
};
