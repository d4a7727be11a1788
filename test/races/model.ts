/*
 * What clients may rely on, as a machine that does one thing after the other. Whatever racing callers are
 * answered must be what this machine would have answered to the same calls in some order.
 */

export type Command =
  | { readonly kind: 'create'; readonly name: string; readonly code: number }
  | { readonly kind: 'fit'; readonly experiment: string }
  | { readonly kind: 'end'; readonly experiment: string; readonly saving: boolean }
  | { readonly kind: 'cancel'; readonly experiment: string };

/** What happens without a caller: an operation's workflow comes to its end. */
export interface Completion {
  readonly kind: 'complete';
  readonly experiment: string;
  readonly operation: number;
}

type OperationStatus = 'active' | 'cancelling' | 'completed' | 'cancelled';

interface ModelOperation {
  readonly ends: boolean;
  readonly status: OperationStatus;
}

interface ModelExperiment {
  readonly requestedName: string;
  readonly code: number;
  readonly endedBy?: 'ended' | 'superseded' | undefined;
  /** The number of the one that is not over. */
  readonly active?: number | undefined;
  /** By number, from 1. */
  readonly operations: readonly ModelOperation[];
}

export type Model = Readonly<Record<string, ModelExperiment>>;

/** A call's answer in a few words, and what is true after it. */
type Step = readonly [answer: string, after: Model];

const step = (model: Model, action: Command | Completion): Step => {
  if (action.kind === 'create') return create(model, action);
  const known = model[action.experiment];
  if (!known) return ['experiment-not-found', model];
  const [answer, after] = actOn(known, action);
  return [answer, { ...model, [action.experiment]: after }];
};

const create = (model: Model, { name, code }: Command & { kind: 'create' }): Step => {
  const alive = Object.keys(model).find((one) => model[one]?.endedBy === undefined);
  const current = alive === undefined ? undefined : model[alive];
  if (current && (alive === name || current.requestedName === name)) {
    return [current.code === code ? `reconnected ${alive}` : 'code-changed', model];
  }
  const given = freeName(model, name);
  const created = { requestedName: name, code, operations: [] };
  if (alive === undefined || !current) return [`created ${given}`, { ...model, [given]: created }];
  const superseded = { ...current, endedBy: 'superseded' } as const;
  const after = { ...model, [alive]: superseded, [given]: created };
  return [`created ${given}, superseded ${alive}`, after];
};

const freeName = (model: Model, name: string): string => {
  let given = name;
  for (let suffix = 1; model[given]; suffix++) given = `${name}_${suffix}`;
  return given;
};

type Acted = readonly [answer: string, after: ModelExperiment];

const actOn = (
  known: ModelExperiment,
  action: Exclude<Command | Completion, { readonly kind: 'create' }>,
): Acted => {
  switch (action.kind) {
    case 'fit':
      return start(known, false);
    case 'end':
      return end(known, action.saving);
    case 'cancel':
      return cancel(known);
    case 'complete':
      return complete(known, action.operation);
  }
};

const start = (known: ModelExperiment, ends: boolean): Acted => {
  if (known.endedBy) return [ends ? 'nothing to end' : 'experiment-ended', known];
  if (known.active !== undefined) {
    const active = known.operations[known.active - 1];
    const joins = ends && active?.ends && active.status === 'active';
    return [joins ? `started ${known.active}` : 'operation-in-progress', known];
  }
  const number = known.operations.length + 1;
  const operations = [...known.operations, { ends, status: 'active' } as const];
  return [`started ${number}`, { ...known, active: number, operations }];
};

const end = (known: ModelExperiment, saving: boolean): Acted => {
  if (saving || known.endedBy) return start(known, true);
  if (known.active !== undefined) return ['operation-in-progress', known];
  return ['ended', { ...known, endedBy: 'ended' }];
};

const cancel = (known: ModelExperiment): Acted => {
  if (known.active === undefined) return ['nothing to cancel', known];
  return ['cancelled', withOperation(known, known.active, 'cancelling')];
};

const complete = (known: ModelExperiment, operation: number): Acted => {
  const one = known.operations[operation - 1];
  const isCutShort = one?.status === 'cancelling' || known.endedBy !== undefined;
  const status = isCutShort ? 'cancelled' : 'completed';
  const after = { ...withOperation(known, operation, status), active: undefined };
  return [status, one?.ends && !isCutShort ? { ...after, endedBy: 'ended' } : after];
};

const withOperation = (
  known: ModelExperiment,
  number: number,
  status: OperationStatus,
): ModelExperiment => ({
  ...known,
  operations: known.operations.map((one, i) => (i + 1 === number ? { ...one, status } : one)),
});

/** Something that happened between two moments. */
export interface Happening {
  readonly action: Command | Completion;
  readonly answer: string;
  readonly from: number;
  readonly to: number;
}

/** Whether there is an order in which the machine answers the same, and ends as `end` says. */
export const isExplained = (
  happenings: readonly Happening[],
  isEnd: (model: Model) => boolean,
): boolean => {
  const inVain = new Set<string>();
  const goesOn = (model: Model, left: readonly Happening[]): boolean => {
    if (left.length === 0) return isEnd(model);
    const place = JSON.stringify([model, left.map((one) => happenings.indexOf(one))]);
    if (inVain.has(place)) return false;
    inVain.add(place);
    const firstEnd = Math.min(...left.map(({ to }) => to));
    return left.some((next) => {
      const [answer, after] = step(model, next.action);
      const mayBeNext = next.from <= firstEnd && answer === next.answer;
      return (
        mayBeNext &&
        goesOn(
          after,
          left.filter((other) => other !== next),
        )
      );
    });
  };
  return goesOn({}, happenings);
};
