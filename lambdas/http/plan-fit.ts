import type { FitPlanResource } from '../../contract/resources.ts';
import { estimateFit } from '../../domain/estimate.ts';
import type { ExpandedGroup } from '../../domain/expanded-group.ts';
import { bracketsFrom } from '../../domain/expanded-group.ts';
import type { Experiment } from '../../domain/experiment.ts';
import { countWorkers } from '../../domain/packing.ts';
import type { Run } from '../../domain/run.ts';
import { shownConfig } from '../../domain/secrets.ts';
import type { HttpPorts } from './ports.ts';
import { showBracket } from './show.ts';

/** Leaf configs shown of a plan. */
const shownConfigs = 100;

/** Runs that an estimate goes by: the newest ones. */
const earlierRuns = 1000;

/** What a fit would do if it started now; changes nothing. */
export const planFit = async (
  experiment: Experiment,
  group: ExpandedGroup,
  dataHandleId: string,
  ports: Pick<HttpPorts, 'runs' | 'maxWorkers' | 'gpuHourUsd'>,
): Promise<FitPlanResource> => {
  const { configs } = group;
  const earlier = await findEarlier(experiment, dataHandleId, ports);
  const { cost, reason } = estimateFit(group, earlier, ports.gpuHourUsd);
  const runCount = configs.length;
  return {
    runCount,
    configs: configs.slice(0, shownConfigs).map(shownConfig),
    brackets: bracketsFrom(experiment.lastRunId + 1, group).map(showBracket),
    plan: countWorkers({ runCount, maxWorkers: ports.maxWorkers }),
    estimate: cost ?? null,
    estimateReason: reason,
  };
};

const findEarlier = async (
  experiment: Experiment,
  dataHandleId: string,
  { runs }: Pick<HttpPorts, 'runs'>,
): Promise<readonly Run[]> => {
  const { lastRunId } = experiment;
  const firstRunId = Math.max(1, lastRunId - earlierRuns + 1);
  const page = await runs.list(experiment, { firstRunId, lastRunId, limit: earlierRuns });
  return page.items.filter((run) => run.dataHandleId === dataHandleId);
};
