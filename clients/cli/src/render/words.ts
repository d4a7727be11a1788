import type { ResultResource } from '../../../../contract/resources.ts';

/* Numbers, times and amounts as people read them. */

export type Metric = ResultResource['trainLoss'];

/** Four decimals line up below one another; what they would not show is told by its exponent. */
const smallest = 1e-3;
const largest = 1e4;

export const measured = (value: Metric | undefined): string => {
  if (value === undefined) return '';
  if (typeof value === 'string') return value;
  const size = Math.abs(value);
  return value === 0 || (size >= smallest && size < largest)
    ? value.toFixed(4)
    : value.toExponential(3);
};

/** Minutes and seconds, with hours when there are any: `1:05`, `2:00:09`. */
export const clock = (seconds: number): string => {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const rest = String(whole % 60).padStart(2, '0');
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`;
};

/** Below a dollar, hundredths of a cent are told too: `$12.30`, `$0.0042`. */
export const money = (usd: number | undefined): string => {
  if (!usd) return '';
  return `$${usd.toFixed(usd >= 1 ? 2 : 4)}`;
};

export const counted = (count: number, what: string): string =>
  `${count.toLocaleString('en')} ${count === 1 ? what : `${what}s`}`;

/** `2026-11-24 18:05:09`, in UTC as the service has it. */
export const moment = (instant: string | undefined): string =>
  instant === undefined ? '' : instant.slice(0, 19).replace('T', ' ');
