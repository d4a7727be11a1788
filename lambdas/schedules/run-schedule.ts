import { runSchedule as route } from '../../contract/schedule-routes.ts';
import { newOccurrence, presentSchedule } from '../../domain/schedule.ts';
import type { HttpPorts } from '../http/ports.ts';
import { useCase } from '../use-case.ts';
import { showOccurrence } from './show-schedule.ts';

type Ports = Pick<HttpPorts, 'schedules' | 'occurrences' | 'occurrenceStarter' | 'clock'>;

/** Two calls of one millisecond are one occurrence. */
export const runSchedule = useCase(route, async ({ params }, ports: Ports) => {
  const schedule = presentSchedule(await ports.schedules.find(params), params);
  const now = ports.clock.now();
  const occurrence = newOccurrence(schedule, { at: now, cause: 'run-now', now });
  await ports.occurrences.create(occurrence);
  await ports.occurrenceStarter.start(occurrence);
  return { status: 202, body: showOccurrence(occurrence) };
});
