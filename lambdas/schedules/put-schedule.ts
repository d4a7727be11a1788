import { putSchedule as route } from '../../contract/schedule-routes.ts';
import { asJson } from '../../domain/config.ts';
import { DomainError } from '../../domain/domain-error.ts';
import type { Instant } from '../../domain/instant.ts';
import type { Schedule, Template } from '../../domain/schedule.ts';
import { expressionFaults, timezoneFaults } from '../../domain/schedule-expression.ts';
import type { HttpPorts } from '../http/ports.ts';
import { sha256 } from '../token.ts';
import { useCase } from '../use-case.ts';
import { checkTemplate } from './check-template.ts';
import { showSchedule } from './show-schedule.ts';

type Ports = Pick<
  HttpPorts,
  | 'schedules'
  | 'timetable'
  | 'templates'
  | 'mlSpecs'
  | 'checkScope'
  | 'bucket'
  | 'clock'
  | 'entropy'
>;

/** Rounds lost to racing callers before this one is asked to try again. */
const maxRounds = 10;

type Asked = Pick<Schedule, 'workspace' | 'schedule' | 'expression' | 'timezone' | 'overlap'>;

export const putSchedule = useCase(route, async ({ params, body }, ports: Ports) => {
  const { expression, timezone, overlap } = body;
  const template: Template = {
    ...body.template,
    fit: { ...body.template.fit, mlConfig: asJson(body.template.fit.mlConfig) },
  };
  checkTiming(expression, timezone);
  await checkTemplate(params.workspace, template, ports);
  const text = JSON.stringify(template);
  const templateSha256 = sha256(text);
  await ports.templates.keep(params, templateSha256, text);
  const asked = { ...params, expression, timezone, overlap };
  for (let round = 0; round < maxRounds; round++) {
    const earlier = await ports.schedules.find(params);
    const schedule = changed(earlier, { ...asked, templateSha256, now: ports.clock.now() });
    if (!(await ports.schedules.replace(schedule, earlier?.revision))) continue;
    await ports.timetable.put(schedule);
    const status = earlier && earlier.state !== 'deleted' ? 200 : 201;
    return { status, body: showSchedule(schedule) };
  }
  throw new Error(`schedule ${params.schedule} lost ${maxRounds} races in a row`);
});

const checkTiming = (expression: string, timezone: string): void => {
  const faults = [...expressionFaults(expression), ...timezoneFaults(timezone)];
  const [first] = faults;
  if (!first) return;
  throw new DomainError(
    'invalid-request',
    `the schedule would never fire: ${first.pointer} ${first.detail}`,
    faults,
  );
};

/** A new schedule, or the earlier one with what was asked; one that was deleted begins anew. */
const changed = (
  earlier: Schedule | undefined,
  { now, ...asked }: Asked & { readonly templateSha256: string; readonly now: Instant },
): Schedule => {
  const revision = (earlier?.revision ?? 0) + 1;
  const isNew = !earlier || earlier.state === 'deleted';
  return isNew
    ? { ...asked, state: 'active', createdAt: now, updatedAt: now, revision }
    : { ...earlier, ...asked, updatedAt: now, revision };
};
