import type { Check, Member, ObjectSpace } from './config-check.ts';
import {
  anObject,
  nameOrNames,
  objectOf,
  oneOf,
  optional,
  positiveInteger,
  positiveNumber,
  required,
  strangers,
  valuesOf,
} from './config-check.ts';
import type { FaultList } from './fault-list.ts';
import { jsonPointer } from './json-pointer.ts';
import { suggestion } from './suggestion.ts';
import type { Catalogue, Signature } from './torch-signature.ts';
import { metrics, optimizers, schedulers, signatureOf } from './torch-signature.ts';

/** Results are kept in the order of their epochs up to five digits. */
const maxEpochs = 99_999;

/** A label becomes a column of the results. */
const label = /^[A-Za-z]\w{0,63}$/;

/** The label that the validation loss has already: `val_loss`. */
const takenLabel = 'loss';

/** Tells `faults` what is wrong with a config (contract of leaf configs), in all its values. */
export const checkLeafConfig: Check = (config, faults) => trainingConfig(config, faults);

/** The same of a config for a model that is trained already: nothing about training is needed. */
export const checkInferenceConfig: Check = (config, faults) => inferenceConfig(config, faults);

/** `{name, args}` of a class that the engine has, with arguments that the class takes. */
const classOf = (catalogue: Catalogue, more: Readonly<Record<string, Member>> = {}): Check => {
  const shape = objectOf({
    name: required(nameIn(catalogue)),
    args: optional(anObject(() => undefined)),
    ...more,
  });
  return (space, faults) => {
    shape(space, faults);
    for (const value of valuesOf(space)) {
      if (value.kind !== 'object') continue;
      for (const call of callsOf(value, catalogue)) checkCall(call, faults);
    }
  };
};

const nameIn =
  (catalogue: Catalogue): Check =>
  (space, faults) => {
    for (const { value, pointer } of valuesOf(space)) {
      if (typeof value !== 'string') faults.add(pointer, 'must be a name');
      else if (!signatureOf(catalogue, value)) {
        const near = suggestion(value, Object.keys(catalogue.classes));
        faults.add(pointer, `is no ${catalogue.what}${near}`);
      }
    }
  };

/** A class with arguments that it may get together, and where they stand, or would. */
interface Call {
  readonly named: string;
  readonly signature: Signature;
  readonly args: ObjectSpace['members'];
  readonly at: string;
}

/** Every class that may be named, with all the arguments it may then get. */
const callsOf = (space: ObjectSpace, catalogue: Catalogue): readonly Call[] =>
  namesIn(space).flatMap((named) => {
    const signature = signatureOf(catalogue, named);
    return signature ? argumentsIn(space).map((given) => ({ named, signature, ...given })) : [];
  });

const namesIn = ({ members }: ObjectSpace): readonly string[] => {
  const name = members.get('name');
  const values = name ? valuesOf(name).map(({ value }) => value) : [];
  return [...new Set(values)].filter((value) => typeof value === 'string');
};

/** No arguments at all are none of those needed. */
const argumentsIn = ({ members, pointer }: ObjectSpace): readonly Pick<Call, 'args' | 'at'>[] => {
  const args = members.get('args');
  if (!args) return [{ args: new Map(), at: `${pointer}/args` }];
  return valuesOf(args).map((value) => ({
    args: value.kind === 'object' ? value.members : new Map(),
    at: value.pointer,
  }));
};

const checkCall = ({ named, signature, args, at }: Call, faults: FaultList): void => {
  for (const stranger of strangers(args, [...signature.required, ...signature.optional])) {
    faults.add(stranger.at, `is no argument of ${named}${stranger.meant}`);
  }
  for (const argument of signature.required) {
    if (args.has(argument)) continue;
    faults.add(at + jsonPointer([argument]), `is missing; ${named} needs it`);
  }
};

/** `{label: {name, args}}`. */
const namedMetrics: Check = anObject(({ members }, faults) => {
  for (const [name, metric] of members) {
    if (!label.test(name)) {
      faults.add(metric.pointer, 'a label is a letter, then letters, digits or _');
    } else if (name === takenLabel) {
      faults.add(metric.pointer, `the label ${takenLabel} is taken by the loss itself`);
    } else metricClass(metric, faults);
  }
});

const metricClass = classOf(metrics);

/** A config whose knobs for training are `needed`. */
const configWith = (needed: (check: Check) => Member): Check =>
  objectOf({
    train: needed(
      objectOf({
        epochs: needed(positiveInteger(maxEpochs)),
        batch_size: needed(positiveInteger()),
        optimizer: needed(classOf(optimizers)),
        lr_scheduler: optional(
          classOf(schedulers, { interval: optional(oneOf('batch', 'epoch')) }),
        ),
        max_grad_norm: optional(positiveNumber),
        gradient_accumulation_steps: optional(positiveInteger()),
        precision: optional(oneOf('fp32', 'bf16')),
      }),
    ),
    user_knobs: optional(anObject(() => undefined)),
    named_metrics: optional(namedMetrics),
    fsdp_layer_cls: optional(nameOrNames('the name of a layer class')),
  });

const trainingConfig = /* @__PURE__ */ configWith(required);
const inferenceConfig = /* @__PURE__ */ configWith(optional);
