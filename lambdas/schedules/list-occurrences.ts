import { listOccurrences as route } from '../../contract/schedule-routes.ts';
import { DomainError } from '../../domain/domain-error.ts';
import { pageRequest } from '../http/look-up.ts';
import type { HttpPorts } from '../http/ports.ts';
import { useCase } from '../use-case.ts';
import { showOccurrence } from './show-schedule.ts';

type Ports = Pick<HttpPorts, 'schedules' | 'occurrences'>;

/** Also of a schedule that was deleted. */
export const listOccurrences = useCase(
  route,
  async ({ params, query }, { schedules, occurrences }: Ports) => {
    if (!(await schedules.find(params))) {
      throw new DomainError(
        'schedule-not-found',
        `workspace ${params.workspace} never had a schedule ${params.schedule}`,
      );
    }
    const page = await occurrences.list(params, pageRequest(query));
    const items = page.items.map(showOccurrence);
    return { status: 200, body: { items, nextCursor: page.nextCursor } };
  },
);
