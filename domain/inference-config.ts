import type { LeafConfig } from './config.ts';
import { asJson, isObject } from './config.ts';
import { maxLeafLength } from './config-group.ts';
import { readConfigSpace } from './config-space.ts';
import { DomainError } from './domain-error.ts';
import { FaultList } from './fault-list.ts';
import { checkInferenceConfig } from './leaf-config.ts';

/** Reads the config that goes with a model tag: one value for each knob, and nothing about training needed. */
export const readInferenceConfig = (config: unknown): LeafConfig => {
  const faults = new FaultList();
  const value = asJson(config);
  const place = { pointer: '/config', depth: 0 };
  const space = readConfigSpace(value, place, { faults, allowed: 'never' });
  checkInferenceConfig(space, faults);
  if (space.length > maxLeafLength) {
    faults.add('/config', `a config has at most ${maxLeafLength} characters as JSON`);
  }
  const [first] = faults.all;
  if (!first && isObject(value)) return value;
  throw new DomainError(
    'invalid-config',
    `config cannot be used: ${first?.pointer ?? '/config'} ${first?.detail ?? 'must be an object'}`,
    faults.all,
  );
};
