import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import type { AwsPorts } from '../../adapters/testing/aws-ports.ts';
import { withEmulator } from '../../adapters/testing/with-emulator.ts';
import type { MetricValue, Run } from '../../domain/run.ts';
import { cutShort, isOpen } from '../../domain/run.ts';
import type { WorkerLaunch } from '../../lambdas/workflow/step.ts';
import { type Fit, startFit } from './fit.ts';
import { ScriptedEngine } from './scripted-engine.ts';

vi.setConfig({ testTimeout: 600_000 });

let aws: AwsPorts;
withEmulator((ports) => {
  aws = ports;
});

/** Epochs that each run should train, from the table of losses alone. */
const byHand = (losses: Fit['losses'], { eta, minEpochs }: { eta: number; minEpochs: number }) => {
  const epochs = losses[0]?.length ?? 0;
  const trained = losses.map(() => epochs);
  let live = losses.map((_, i) => i);
  for (let rung = minEpochs; rung < epochs; rung *= eta) {
    const cost = (i: number) => {
      const loss = losses[i]?.[rung - 1];
      return typeof loss === 'number' ? loss : 1e9;
    };
    const best = live.toSorted((a, b) => cost(a) - cost(b) || a - b);
    const goOn = Math.max(1, Math.floor(live.length / eta));
    for (const i of best.slice(goOn)) trained[i] = rung;
    live = best.slice(0, goOn).sort((a, b) => a - b);
  }
  return trained;
};

const outcome = (runs: readonly Run[]) => runs.map(({ completedEpochs }) => completedEpochs);

/** One of the fit's workers: its engine, or, when it has none, what started the last one. */
type Seat = ScriptedEngine | { readonly waits: WorkerLaunch } | undefined;

type Choice = readonly [seat: number, choice: number];

/** The choice by which a worker is killed. */
const kill = 9;

/** A run that loses its worker three times in a row fails, which is not what this is about. */
const twoKillsAtMost = (choices: readonly Choice[]): readonly Choice[] => {
  const third = choices.filter(([, choice]) => choice === kill)[2];
  return third ? choices.slice(0, choices.indexOf(third)) : choices;
};

/** What one worker may do in a moment: train an epoch, sync once or over and over, or be killed. */
const act = async (engine: ScriptedEngine, choice: number): Promise<ScriptedEngine> => {
  if (choice === kill) return engine.next();
  if (choice < 5) engine.train();
  else await engine.sync(Math.max(1, choice - 5));
  return engine;
};

/** Its job is over, or it had none: the workflow settles the worker. */
const settle = async (fit: Fit, launch: WorkerLaunch): Promise<Seat> => {
  const settled = await fit.settle(launch);
  if (settled.next === 'train') return new ScriptedEngine(fit, settled);
  return settled.next === 'wait' ? { waits: launch } : undefined;
};

/** First whatever is chosen happens, then everyone works on until the fit is over. */
const live = async (fit: Fit, choices: readonly Choice[]) => {
  const seats: Seat[] = fit.launches.map((launch) => new ScriptedEngine(fit, launch));
  const move = async (at: number, choice: number): Promise<void> => {
    const seat = seats[at];
    fit.pass(1);
    if (!seat) return;
    if (!(seat instanceof ScriptedEngine)) seats[at] = await settle(fit, seat.waits);
    else if (seat.isDone) seats[at] = await settle(fit, seat.launch);
    else seats[at] = await act(seat, choice);
  };
  for (const [at, choice] of choices) await move(at % seats.length, choice);
  for (let round = 0; seats.some(Boolean); round++) {
    if (round > 500) throw new Error('the fit never ended');
    for (const at of seats.keys()) await move(at, round % 2 === 0 ? 0 : 5);
  }
};

describe('whoever trains when, and whatever is lost,', () => {
  const value = fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 0, max: 5 }) },
    fc.constantFrom<MetricValue>('NaN', 'Infinity', '-Infinity'),
  );
  const fits = fc.record({
    losses: fc.array(fc.array(value, { minLength: 9, maxLength: 9 }), {
      minLength: 2,
      maxLength: 10,
    }),
    eta: fc.integer({ min: 2, max: 3 }),
    minEpochs: fc.integer({ min: 1, max: 2 }),
    workers: fc.integer({ min: 1, max: 3 }),
    choices: fc.array(fc.tuple(fc.nat(2), fc.nat(9)), { maxLength: 120 }).map(twoKillsAtMost),
  });

  test('the same runs go on, and where no worker is lost every epoch is trained once', async () => {
    await fc.assert(
      fc.asyncProperty(fits, async ({ losses, eta, minEpochs, workers, choices }) => {
        const fit = await startFit(aws, { workers, losses, halving: { eta, minEpochs } });
        await live(fit, choices);
        const runs = await fit.runs();
        expect(outcome(runs)).toEqual(byHand(losses, { eta, minEpochs }));
        const ends = runs.map((run) => [run.completedEpochs === 9, run.status, run.endedBy].join());
        const allowed = ['true,completed,epochs-completed', 'false,stopped,sha'];
        expect(ends.filter((end) => !allowed.includes(end))).toEqual([]);
        if (choices.some(([, choice]) => choice === kill)) return;
        expect(fit.trained).toHaveLength(outcome(runs).reduce((sum, epochs) => sum + epochs, 0));
      }),
      { numRuns: 12, endOnFailure: true },
    );
  });
});

/** Two workers with two runs each, all of which stand at their first rung but for the syncs that tell so. */
const bothArrive = async (losses: readonly (readonly MetricValue[])[]) => {
  const fit = await startFit(aws, { workers: 2, losses, halving: { eta: 2, minEpochs: 1 } });
  const engines = fit.launches.map((launch) => new ScriptedEngine(fit, launch));
  for (const engine of engines) {
    await engine.sync();
    engine.train();
    engine.train();
  }
  return { fit, engines };
};

const losses = [
  [4, 4],
  [1, 1],
  [2, 2],
  [3, 3],
];

describe('the last syncs of two workers', () => {
  test('racing, and each sent three times, decide the rung once and let the same runs go on', async () => {
    for (let round = 0; round < 5; round++) {
      const { fit, engines } = await bothArrive(losses);
      await Promise.all(engines.map((engine) => engine.sync(3)));
      for (const engine of engines) await finish(engine);
      expect(outcome(await fit.runs())).toEqual([1, 2, 2, 1]);
      expect(fit.trained).toHaveLength(6);
    }
  });

  test('of which one is lost with its worker, are made good by the worker’s next attempt', async () => {
    const { fit, engines } = await bothArrive(losses);
    const [first, second] = engines;
    await first?.sync();
    const again = second?.next();
    for (const engine of [again, first, again, first]) if (engine) await finish(engine);
    expect(outcome(await fit.runs())).toEqual([1, 2, 2, 1]);
    // The two epochs that the lost worker trained, but told nobody of, were trained again.
    expect(fit.trained).toHaveLength(6 + 2);
  });
});

/** Trains and syncs until the engine has nothing more to do for now. */
const finish = async (engine: ScriptedEngine): Promise<void> => {
  for (let i = 0; i < 12 && !engine.isDone; i++) {
    engine.train();
    await engine.sync();
  }
};

describe('a run that is stopped by its user', () => {
  test('while it waits at a rung is not counted any more, and the rung is decided without it', async () => {
    const { fit, engines } = await bothArrive([[9], [1], [2], [3]].map(([a = 0]) => [a, a]));
    const [first, second] = engines;
    await first?.sync();
    const [, , third] = await fit.runs();
    if (!third) throw new Error('there are four runs');
    const stopped = cutShort(third, 'interactive-control', fit.ports.clock.now());
    expect(await fit.ports.runs.replace(stopped, 'ongoing')).toBe(true);
    for (const engine of [second, first]) if (engine) await finish(engine);
    // Of three runs one goes on; of four it would have been two.
    expect(outcome(await fit.runs())).toEqual([1, 2, 1, 1]);
    expect((await fit.runs())[2]).toMatchObject({ endedBy: 'interactive-control' });
  });

  test('after the rung was decided for it stays stopped', async () => {
    const { fit, engines } = await bothArrive(losses);
    for (const engine of engines) await engine.sync();
    const third = (await fit.runs())[2];
    if (!third) throw new Error('there are four runs');
    const stopped = cutShort(third, 'interactive-control', fit.ports.clock.now());
    expect(await fit.ports.runs.replace(stopped, third.status)).toBe(true);
    for (const engine of engines) await finish(engine);
    expect(outcome(await fit.runs())).toEqual([1, 2, 1, 1]);
  });
});

describe('a worker whose runs wait', () => {
  test('stays while those they wait for are trained, but not for ever', async () => {
    const fit = await startFit(aws, { workers: 2, losses, halving: { eta: 2, minEpochs: 1 } });
    const [first, second] = fit.launches.map((launch) => new ScriptedEngine(fit, launch));
    await second?.sync();
    await first?.sync();
    first?.train();
    first?.train();
    expect(await first?.sync()).toMatchObject({ train: [], more: true });
    const answers: (boolean | undefined)[] = [];
    for (let i = 0; i < 20; i++) {
      fit.pass(30);
      await second?.sync();
      answers.push((await first?.sync())?.more);
    }
    expect(answers).toEqual([...Array(19).fill(true), false]);
  });

  test('leaves soon when nobody trains them, and is started again when the rung is decided', async () => {
    const fit = await startFit(aws, { workers: 2, losses, halving: { eta: 2, minEpochs: 1 } });
    const [one, two] = fit.launches;
    if (!one || !two) throw new Error('there are two workers');
    const first = new ScriptedEngine(fit, one);
    await first.sync();
    first.train();
    first.train();
    expect((await first.sync()).more).toBe(true);
    fit.pass(30);
    expect((await first.sync()).more).toBe(false);
    expect(await fit.settle(one)).toEqual({ next: 'wait', seconds: 10 });

    const second = new ScriptedEngine(fit, two);
    await finish(second);
    expect(await fit.settle(two)).toEqual({ next: 'leave' });
    const again = await fit.settle(one);
    if (again.next !== 'train') throw new Error(`the worker is to ${again.next}`);
    await finish(new ScriptedEngine(fit, again));
    expect(await fit.settle(again)).toEqual({ next: 'leave' });
    const runs = await fit.runs();
    expect(outcome(runs)).toEqual([1, 2, 2, 1]);
    expect(runs.filter(isOpen)).toEqual([]);
    expect(runs.map(({ attempts }) => attempts)).toEqual([1, 1, 1, 1]);
  });
});
