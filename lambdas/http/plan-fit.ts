import type { FitPlanResource } from '../../contract/resources.ts';
import type { Estimate } from '../../domain/estimate.ts';
import { estimateFit } from '../../domain/estimate.ts';
import type { ExpandedGroup } from '../../domain/expanded-group.ts';
import { bracketsFrom } from '../../domain/expanded-group.ts';
import type { Experiment } from '../../domain/experiment.ts';
import { gpuUtilization } from '../../domain/gpu-use.ts';
import type { FitRequest } from '../../domain/operation.ts';
import { planWorkers } from '../../domain/packing.ts';
import type { Run } from '../../domain/run.ts';
import { shownConfig } from '../../domain/secrets.ts';
import type { HttpPorts } from './ports.ts';
import { showBracket } from './show.ts';

/** Leaf configs shown of a plan. */
const shownConfigs = 100;

/** Runs that an estimate goes by: the newest ones. */
const earlierRuns = 1000;

type Ports = Pick<HttpPorts, 'runs' | 'gpuHourUsd'>;

/** What a fit would do if it started now; changes nothing. */
export const planFit = async (
  experiment: Experiment,
  group: ExpandedGroup,
  asked: Pick<FitRequest, 'dataHandleId' | 'executor' | 'maxWorkers'>,
  ports: Ports,
): Promise<FitPlanResource> => {
  const { configs } = group;
  const runCount = configs.length;
  const { plan, shares } = planWorkers({ ...asked, runCount });
  const earlier = await findEarlier(experiment, asked.dataHandleId, ports);
  const { gpuHourUsd } = ports;
  const estimate = estimateFit(group, earlier, { shares, gpuHourUsd });
  return {
    runCount,
    configs: configs.slice(0, shownConfigs).map(shownConfig),
    brackets: bracketsFrom(experiment.lastRunId + 1, group).map(showBracket),
    plan,
    estimate: showEstimate(estimate),
    estimateReason: estimate.reason,
  };
};

const showEstimate = ({ cost, gpu }: Estimate): FitPlanResource['estimate'] =>
  cost
    ? {
        ...cost,
        gpuUtilization: gpuUtilization(gpu),
        gpuPeakMemoryBytes: gpu?.peakMemoryBytes,
      }
    : null;

const findEarlier = async (
  experiment: Experiment,
  dataHandleId: string,
  { runs }: Ports,
): Promise<readonly Run[]> => {
  const { lastRunId } = experiment;
  const firstRunId = Math.max(1, lastRunId - earlierRuns + 1);
  const page = await runs.list(experiment, { firstRunId, lastRunId, limit: earlierRuns });
  return page.items.filter((run) => run.dataHandleId === dataHandleId);
};
