import { LiveRegion } from './render/live.ts';
import { cut } from './render/width.ts';
import type { Session } from './session.ts';

/** One line on standard error that says what is being done: in place, or else each text once. */
export interface LineScreen extends Disposable {
  readonly show: (text: string) => void;
}

export const openLineScreen = ({ terminal, canvas, say }: Session): LineScreen => {
  if (terminal.err.isTTY) {
    const region = new LiveRegion(terminal.err);
    return {
      show: (text) => region.draw([cut(text, canvas(terminal.err).width)]),
      [Symbol.dispose]: () => region[Symbol.dispose](),
    };
  }
  let told = '';
  return {
    show: (text) => {
      if (text !== told) say(text);
      told = text;
    },
    [Symbol.dispose]: () => undefined,
  };
};
