import type { Fault } from './domain-error.ts';

/** Faults told of one request; the rest would be more of the same. */
const maxFaults = 50;

/** What is wrong with a request, as it is found: every fault once, the first 50 of them. */
export class FaultList {
  readonly #faults = new Map<string, Fault>();

  add(pointer: string, detail: string): void {
    if (this.#faults.size < maxFaults) {
      this.#faults.set(`${pointer} ${detail}`, { pointer, detail });
    }
  }

  get all(): readonly Fault[] {
    return [...this.#faults.values()];
  }
}
