import { setTimeout as pause } from 'node:timers/promises';
import type { AwsPorts } from '../../adapters/testing/aws-ports.ts';
import { dataHandleOf, newWorkspace } from '../../adapters/testing/samples.ts';
import { answerTo } from './client.ts';
import type { Command, Happening } from './model.ts';
import { portsOf } from './ports.ts';
import { Turns } from './turns.ts';
import { carryOut } from './workflow.ts';

/** A command, and how many turns a client lets pass before it, so that it may meet any moment. */
export type Planned = Command & { readonly hesitates: number };

/** Names that experiments may get in a game. */
const names = ['a', 'b', 'a_1', 'b_1', 'a_2', 'b_2', 'a_3', 'b_3'];

/**
 * A workspace whose callers, workflows and workers act at once. `deaths` says of each AWS Batch job in
 * turn whether it dies.
 */
export const newWorld = async (aws: AwsPorts, deaths: readonly boolean[]) => {
  const workspace = newWorkspace();
  const turns = new Turns();
  const happenings: Happening[] = [];
  const actors: Promise<void>[] = [];
  const deathOfNext = deaths.values();
  const ports = portsOf(aws, turns, (request) => {
    const dies = () => deathOfNext.next().value ?? false;
    actors.push(carryOut(request, { ports, turns, happenings, dies }));
  });
  const call = answerTo(workspace, ports);
  const client = async (commands: readonly Planned[]): Promise<void> => {
    for (const { hesitates, ...action } of commands) {
      for (let i = 0; i < hesitates; i++) await turns.turn(async () => undefined);
      const from = await turns.turn(async () => turns.now);
      happenings.push({ action, answer: await call(action), from, to: turns.now });
    }
  };
  for (const experiment of names) {
    const handle = dataHandleOf({ workspace, experiment });
    await aws.dataHandles.replace({ ...handle, status: 'ready' });
  }
  return {
    workspace,
    happenings,
    /** Each client gives its commands one after the other, until everything has come to rest. */
    play: async (
      clients: readonly (readonly Planned[])[],
      { choices, afterEach }: { choices: readonly number[]; afterEach: () => Promise<void> },
    ): Promise<void> => {
      actors.push(...clients.map(client));
      await turns.play(choices, afterEach);
      // More come while it is waited, so the list is gone through as it grows.
      for (const actor of actors) await Promise.race([actor, stuck()]);
    },
  };
};

const stuck = async (): Promise<never> => {
  await pause(5_000, undefined, { ref: false });
  throw new Error('somebody waits for something else than a turn');
};
