import { styleText } from 'node:util';
import type { Output, Terminal } from '../terminal.ts';
import { hasColour } from '../terminal.ts';

export type Style = Parameters<typeof styleText>[0];

/** Puts a style on a text, where there are styles. */
export type Paint = (style: Style, text: string) => string;

export const paintOn = (stream: Output, terminal: Pick<Terminal, 'env'>): Paint =>
  hasColour(stream, terminal)
    ? (style, text) => (text === '' ? text : styleText(style, text, { validateStream: false }))
    : (_, text) => text;
