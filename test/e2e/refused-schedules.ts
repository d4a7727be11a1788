import type { ProblemType } from '../../contract/problem.ts';
import { someRows } from './problems-scene.ts';
import { config, specSource } from './scene.ts';

/** A call over HTTP: a GET with the user’s token, unless it says otherwise. */
export interface Asked {
  readonly method?: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly body?: unknown;
  readonly token?: string;
  readonly idempotencyKey?: string;
}

export interface Refused {
  readonly problem: ProblemType;
  readonly asked: () => Asked;
  readonly pointer?: string;
}

/** A schedule of these rows, but for what is given. */
const scheduled = (more: object, templated: object = {}): (() => Asked) => {
  const template = {
    ...{ experimentName: 'nightly', mlSpec: { fileName: 'line.py', source: specSource } },
    ...{ dataHandle: { locators: someRows }, fit: { mlConfig: config() }, ...templated },
  };
  const body = { expression: 'rate(1 day)', template, ...more };
  return () => ({ method: 'PUT', path: '/v1/workspaces/plain/schedules/nightly', body });
};

/** What schedules are refused for, by what was asked. */
export const refusedSchedules: Readonly<Record<string, Refused>> = {
  'a schedule that never fires': {
    problem: 'invalid-request',
    asked: scheduled({ expression: 'cron(0 6 * * MON *)' }),
    pointer: '/expression',
  },
  'a schedule in no time zone': {
    problem: 'invalid-request',
    asked: scheduled({ timezone: 'Europe/Wien' }),
    pointer: '/timezone',
  },
  'a template of code that is none': {
    problem: 'invalid-ml-spec',
    asked: scheduled({}, { mlSpec: { fileName: 'line.py', source: 'x = 1' } }),
    pointer: '/template/mlSpec/source',
  },
  'a template of a wrong config': {
    problem: 'invalid-config',
    asked: scheduled({}, { fit: { mlConfig: config({}, { batch_size: 0 }) } }),
    pointer: '/template/fit/mlConfig/train/batch_size',
  },
  'a template of no data': {
    problem: 'invalid-request',
    asked: scheduled({}, { dataHandle: { locators: {} } }),
    pointer: '/template/dataHandle/locators',
  },
  'a template with a champion and nothing to test it on': {
    problem: 'partition-missing',
    asked: scheduled({}, { champion: {} }),
    pointer: '/template/dataHandle/locators/validation',
  },
  'a template whose artifacts go nowhere': {
    problem: 'invalid-request',
    asked: scheduled({}, { artifactsBucket: 'a-bucket' }),
    pointer: '/template/artifactsBucket',
  },
};
