import { audit } from './commands/audit.ts';
import { cancel } from './commands/cancel.ts';
import { clone } from './commands/clone.ts';
import { completion } from './commands/completion.ts';
import { data } from './commands/data.ts';
import { deleteRun } from './commands/delete.ts';
import { deploy } from './commands/deploy.ts';
import { doctor } from './commands/doctor.ts';
import { experiments } from './commands/experiments.ts';
import { extend } from './commands/extend.ts';
import { fit } from './commands/fit.ts';
import { logs } from './commands/logs.ts';
import { operations } from './commands/operations.ts';
import { predict } from './commands/predict.ts';
import { replay } from './commands/replay.ts';
import { results } from './commands/results.ts';
import { resume } from './commands/resume.ts';
import { runs } from './commands/runs.ts';
import { schedules } from './commands/schedules.ts';
import { down, up } from './commands/stack.ts';
import { stop } from './commands/stop.ts';
import { test } from './commands/test.ts';
import { tokens } from './commands/tokens.ts';
import type { Family } from './family.ts';

/** Every command, in the order in which the help lists them. A new family of commands is one line here. */
export const families: readonly Family[] = [
  up,
  down,
  deploy,
  doctor,
  experiments,
  data,
  fit,
  test,
  predict,
  runs,
  stop,
  resume,
  clone,
  extend,
  deleteRun,
  cancel,
  operations,
  logs,
  results,
  replay,
  schedules,
  tokens,
  audit,
  completion,
];
