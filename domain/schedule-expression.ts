import type { Fault } from './domain-error.ts';

/* When a schedule fires, as EventBridge Scheduler reads it: `rate(1 day)` or `cron(0 6 ? * MON *)`. */

/** What is wrong with an expression, if something is. */
export const expressionFaults = (expression: string): readonly Fault[] => {
  const detail = wrongIn(expression);
  return detail === undefined ? [] : [{ pointer: '/expression', detail }];
};

const wrongIn = (expression: string): string | undefined => {
  const { rate, cron } =
    /^(?:rate\((?<rate>.*)\)|cron\((?<cron>.*)\))$/.exec(expression)?.groups ?? {};
  if (rate !== undefined) return wrongInRate(rate);
  if (cron !== undefined) return wrongInCron(cron);
  return 'must be rate(1 day) or cron(0 6 ? * MON *)';
};

const wrongInRate = (rate: string): string | undefined =>
  /^(?:1 (?:minute|hour|day)|(?:[2-9]|[1-9]\d{1,4}) (?:minutes|hours|days))$/.test(rate)
    ? undefined
    : 'a rate is a whole number and a unit, as in rate(1 hour) or rate(3 days)';

/** A field of a cron expression: its whole numbers, and what may stand in place of them. */
interface Field {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly names?: readonly string[];
  /** What this field alone may hold. */
  readonly special?: RegExp;
}

const months = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const days = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

const fields: readonly Field[] = [
  { name: 'minutes', from: 0, to: 59 },
  { name: 'hours', from: 0, to: 23 },
  { name: 'day-of-month', from: 1, to: 31, special: /^(?:\?|L|LW|(?:[1-9]|[12]\d|3[01])W)$/ },
  { name: 'month', from: 1, to: 12, names: months },
  { name: 'day-of-week', from: 1, to: 7, names: days, special: /^(?:\?|L|[1-7]L|[1-7]#[1-5])$/ },
  { name: 'year', from: 1970, to: 2199 },
];

const dayOfMonth = 2;
const dayOfWeek = 4;

const wrongInCron = (cron: string): string | undefined => {
  const parts = cron.split(' ');
  if (parts.length !== fields.length) {
    return `a cron expression has six fields, ${fields.map(({ name }) => name).join(', ')}; this has ${parts.length}`;
  }
  const wrong = fields.find((field, i) => !fits(parts[i] ?? '', field));
  if (wrong) return `${wrong.name} is from ${wrong.from} to ${wrong.to}, as *, 1,2 or 1-5/2`;
  const open = [parts[dayOfMonth], parts[dayOfWeek]].filter((part) => part === '?');
  return open.length === 1
    ? undefined
    : 'either day-of-month or day-of-week must be ?, and not both';
};

const fits = (part: string, field: Field): boolean =>
  field.special?.test(part) === true || part.split(',').every((one) => fitsRange(one, field));

const fitsRange = (part: string, field: Field): boolean => {
  const [range = '', step, ...more] = part.split('/');
  if (more.length > 0 || (step !== undefined && !/^[1-9]\d{0,3}$/.test(step))) return false;
  if (range === '*') return true;
  const ends = range.split('-').map((end) => numberOf(end, field));
  return ends.length <= 2 && ends.every((end) => end >= field.from && end <= field.to);
};

/** NaN, which lies in no range, of what is no number. */
const numberOf = (text: string, { names = [], from }: Field): number => {
  if (/^\d{1,4}$/.test(text)) return Number(text);
  const place = names.indexOf(text.toUpperCase());
  return place < 0 ? Number.NaN : from + place;
};

/** What is wrong with a time zone's name, if something is: the IANA database's are taken. */
export const timezoneFaults = (timezone: string): readonly Fault[] =>
  isTimezone(timezone)
    ? []
    : [{ pointer: '/timezone', detail: 'must be a name of the IANA database, as Europe/Vienna' }];

const isTimezone = (timezone: string): boolean => {
  // An offset, which Node also takes, is no zone.
  if (!/^[A-Za-z][A-Za-z0-9_+/-]*$/.test(timezone)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: timezone });
    return true;
  } catch {
    return false;
  }
};
