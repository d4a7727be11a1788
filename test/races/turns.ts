import { setImmediate as quiet } from 'node:timers/promises';

/**
 * Lets several actors call the world one call at a time, in an order that the test chooses. What an actor
 * does between two calls takes no time, so every interleaving of calls can be chosen, and chosen again.
 */
export class Turns {
  /** Turns taken so far: the time of this world. */
  now = 0;
  readonly #waiting: (() => Promise<unknown>)[] = [];

  /** A part of the world, each call of which waits for its turn. */
  through<T extends object>(part: T): T {
    return new Proxy(part, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== 'function') return member;
        return (...args: unknown[]) =>
          this.turn(async () => whole(await Reflect.apply(member, target, args)));
      },
    });
  }

  /** Waits for a turn, in which the call is made. */
  turn<T>(call: () => Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#waiting.push(() => call().then(resolve, reject));
    return promise;
  }

  /**
   * Gives turns until nobody waits for one. A choice says how many of those who came last are passed over:
   * with 0 one actor goes on while the others stand still.
   */
  async play(choices: Iterable<number>, afterEach: () => Promise<void>): Promise<void> {
    const chosen = choices[Symbol.iterator]();
    for (;;) {
      await quiet();
      if (this.#waiting.length === 0) return;
      const passedOver = Number(chosen.next().value ?? 0) % this.#waiting.length;
      const [call] = this.#waiting.splice(this.#waiting.length - 1 - passedOver, 1);
      this.now += 1;
      await call?.();
      await afterEach();
    }
  }
}

/** What is read piece by piece is read within its turn. */
const whole = async (answer: unknown): Promise<unknown> => {
  if (!isAsyncIterable(answer)) return answer;
  const pieces: unknown[] = [];
  for await (const piece of answer) pieces.push(piece);
  return pieces;
};

const isAsyncIterable = (answer: unknown): answer is AsyncIterable<unknown> =>
  typeof answer === 'object' && answer !== null && Symbol.asyncIterator in answer;
