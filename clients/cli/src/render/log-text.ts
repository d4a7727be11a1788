import type { LogResource } from '../../../../contract/resources.ts';
import type { Canvas } from '../session.ts';
import type { Style } from './paint.ts';
import { harmless, pad } from './width.ts';

const levelStyles: Record<LogResource['level'], Style> = {
  debug: 'dim',
  info: 'cyan',
  warning: 'yellow',
  error: 'red',
};

/** `18:05:09.123 info     run 3     epoch 1 …`; a message keeps its lines, and is never cut. */
export const logText = (
  { at, level, runId, worker, message }: LogResource,
  { paint }: Canvas,
): string => {
  const who = runId === undefined ? `worker ${worker}` : `run ${runId}`;
  const head = `${paint('dim', at.slice(11, 23))} ${paint(levelStyles[level], pad(level, 7, 'left'))} ${pad(who, 8, 'left')}`;
  return `${head}  ${harmless(message).trimEnd()}`;
};
