import type { Outcome } from '../../domain/champion.ts';
import type { Occurrence } from '../../domain/schedule.ts';
import type { OccurrencePorts } from './ports.ts';
import { showOccurrence } from './show-schedule.ts';

/** Tells of an occurrence that is over. Should that get lost, its history still has it. */
export const announce = async (
  occurrence: Occurrence,
  { announcer }: Pick<OccurrencePorts, 'announcer'>,
): Promise<void> => {
  const { workspace, schedule } = occurrence;
  await announcer.announce({
    subject: `Fanfold ${workspace}/${schedule}: ${sentenceOf(occurrence)}`,
    message: { workspace, schedule, ...showOccurrence(occurrence) },
  });
};

const sentenceOf = ({ status, outcome, bestRunId, reason = '' }: Occurrence): string => {
  if (status !== 'completed') return `${status}, ${reason}`;
  return outcome ? verdictOf(outcome, bestRunId) : `completed, best is run ${bestRunId}`;
};

const verdictOf = (
  { verdict, metric, challenger, betterBy }: Outcome,
  runId: number | undefined,
): string => {
  const by = betterBy === undefined ? '' : `, ${distance(betterBy)}`;
  const who = verdict === 'promoted' ? `run ${runId} promoted` : `champion kept, run ${runId} has`;
  return `${who} ${metric} ${rounded(Number(challenger))}${by}`;
};

const distance = (betterBy: number): string =>
  betterBy < 0 ? `worse by ${rounded(-betterBy)}` : `better by ${rounded(betterBy)}`;

const rounded = (value: number): string => String(Number(value.toPrecision(4)));
