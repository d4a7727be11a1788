import { InvalidArgumentError, Option } from '@commander-js/extra-typings';

/* Options and arguments that several commands have. */

export const idempotencyKey = () =>
  new Option(
    '--idempotency-key <key>',
    'the same key again has no further effect; a new one for each call if left out',
  );

/** A number from 1, such as a run's ID. */
export const positive = (text: string): number => {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number from 1.');
};

export const integer = (text: string): number => {
  if (/^-?\d{1,15}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number.');
};

export const number = (text: string): number => {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  throw new InvalidArgumentError('It must be a number.');
};

/** For an option that may be given several times. */
export const collect = (text: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  text,
];
