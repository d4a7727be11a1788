import type { Announcer } from '../../domain/schedule-ports.ts';
import type { HttpPorts } from '../http/ports.ts';

/** What it takes to carry an occurrence through: that of every call it makes in its user's place. */
export interface OccurrencePorts
  extends Pick<
    HttpPorts,
    | 'schedules'
    | 'occurrences'
    | 'experiments'
    | 'operations'
    | 'runs'
    | 'results'
    | 'epochCheckpoints'
    | 'dataHandles'
    | 'artifacts'
    | 'secrets'
    | 'workflows'
    | 'jobQueue'
    | 'bucket'
    | 'checkScope'
    | 'maxWorkers'
    | 'gpuHourUsd'
    | 'clock'
    | 'entropy'
  > {
  readonly announcer: Announcer;
}
