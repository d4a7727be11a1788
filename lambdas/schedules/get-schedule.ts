import { getSchedule as route } from '../../contract/schedule-routes.ts';
import { presentSchedule } from '../../domain/schedule.ts';
import { hideSecrets, setSecretsAside } from '../../domain/secrets.ts';
import type { HttpPorts } from '../http/ports.ts';
import { useCase } from '../use-case.ts';
import { findTemplate } from './find-template.ts';
import { showSchedule } from './show-schedule.ts';

type Ports = Pick<HttpPorts, 'schedules' | 'artifacts'>;

export const getSchedule = useCase(route, async ({ params }, { schedules, artifacts }: Ports) => {
  const schedule = presentSchedule(await schedules.find(params), params);
  const { dataHandle, fit, ...template } = await findTemplate(schedule, artifacts);
  const mlConfig = hideSecrets(setSecretsAside(fit.mlConfig, 'shown').config);
  const shown = {
    ...template,
    dataHandle: { ...dataHandle, downloadColumns: [...dataHandle.downloadColumns] },
    fit: { ...fit, mlConfig },
  };
  return { status: 200, body: { ...showSchedule(schedule), template: shown } };
});
