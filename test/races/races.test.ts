import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import type { AwsPorts } from '../../adapters/testing/aws-ports.ts';
import { withEmulator } from '../../adapters/testing/with-emulator.ts';
import { stretches } from './choices.ts';
import type { Snapshot } from './legal.ts';
import { asModel, expectLegal, snapshotOf } from './legal.ts';
import type { Command, Model } from './model.ts';
import { isExplained } from './model.ts';
import type { Planned } from './world.ts';
import { newWorld } from './world.ts';

vi.setConfig({ testTimeout: 600_000 });

let aws: AwsPorts;
withEmulator((ports) => {
  aws = ports;
});

/** Mostly of one experiment, so that they meet. */
const experiment = fc.constantFrom('a', 'a', 'a', 'b', 'a_1');

const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('create' as const),
      name: fc.constantFrom('a', 'a', 'b'),
      code: fc.constantFrom(0, 0, 0, 1),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('fit' as const), experiment }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('end' as const), experiment, saving: fc.boolean() }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('cancel' as const), experiment }) },
);

const planned: fc.Arbitrary<Planned> = fc
  .tuple(command, fc.nat(30))
  .map(([one, hesitates]) => ({ ...one, hesitates }));

const commands = fc.array(planned, { minLength: 1, maxLength: 3 });

const game = fc.record({
  clients: fc.tuple(commands, commands),
  deaths: fc.array(fc.boolean(), { maxLength: 4 }),
  choices: stretches(5, 100),
});

/** Plays a game; every state on the way has to be legal, and the answers those of some order. */
const play = async ({ clients, deaths, choices }: Game): Promise<void> => {
  const world = await newWorld(aws, deaths);
  let before: Snapshot = [];
  const afterEach = async () => {
    const after = await snapshotOf(aws, world.workspace);
    expectLegal(before, after);
    before = after;
  };
  const [first, second] = clients;
  await world.play([[{ kind: 'create', name: 'a', code: 0, hesitates: 0 }, ...first], second], {
    choices,
    afterEach,
  });
  const end = asModel(before);
  const isEnd = (model: Model) => isDeepStrictEqual(plain(model), plain(end));
  const { happenings } = world;
  expect(isExplained(happenings, isEnd), JSON.stringify({ happenings, end }, null, 1)).toBe(true);
};

/** Without members that are undefined. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

type Game = typeof game extends fc.Arbitrary<infer G> ? G : never;

/** More games, or others, to hunt with. */
const { GAMES: numRuns = '40', SEED: seed = '1' } = process.env;

test('two clients who do conflicting things leave legal states, and are answered as if one came after the other', async () => {
  const parameters = { numRuns: Number(numRuns), seed: Number(seed), endOnFailure: true };
  await fc.assert(fc.asyncProperty(game, play), parameters);
});
