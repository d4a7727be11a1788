import { table } from '../report.ts';
import { type Bill, shareOfGpu, syncsPerHour } from './cost.ts';
import type { Done } from './operator.ts';
import { prices } from './prices.ts';

/** What `docs/cost.md` is made of. */
export interface Costs {
  /** The fit of many runs. */
  readonly large: Done;
  readonly runs: number;
  /** A sync of a worker that trains so many runs. */
  readonly sync: { readonly one: Bill; readonly eight: Bill };
}

export const costPage = ({ large, runs, sync }: Costs): string =>
  `# What Fanfold itself costs

\`npm run bench -- scale\` wrote this page. It ran ${runs.toLocaleString('en')} configs through the embedded stack with an
engine that trains nothing, and counted what each function asked of AWS, with the sizes that DynamoDB bills. The
prices are **list prices** of ${prices.region} as of ${prices.asOf} (\`bench/scale/prices.ts\`), without free tiers; look them up
before you rely on them. GPUs, which cost far more, and storage (S3, DynamoDB, logs that are kept) are not in here.
While nothing runs, nothing but storage costs anything: the 43,800 calls a month each of the sweeper and of the function that looks after schedules come to a few cents.

## A fit of ${runs.toLocaleString('en')} runs on ${large.workers} workers, from its start to its end

Without the syncs of its workers, and without whoever watches (an API request, an invocation and two to three reads of
DynamoDB a second).

${tableOf(large.orchestration)}

That is ${usd((large.orchestration.usd * 1000) / runs)} per 1,000 runs. A worker takes part in it with its state transitions, an
invocation that settles it and one for each event of its AWS Batch job, so that 1,000 runs on a worker each cost more than
1,000 runs on ten.

Its ${large.syncs.toLocaleString('en')} syncs told how each run came out, up to 50 at a time: ${usd(large.reporting.usd)}, or
${usd((large.reporting.usd * 1000) / runs)} per 1,000 runs.

## A sync

A worker syncs each second while somebody watches, steers or has just started it, and every 15 seconds otherwise
([why](decisions/0011-workers-sync-often-while-somebody-looks.md)). A million syncs that tell of the progress of one run:

${tableOf(sync.one, 1e6)}

${sharesTable(sync)}

The shares are of an hour of the cheapest machine with a GPU on Spot, at ${usd(prices.cheapestGpuHour)}. Each run that got further
since the last sync is an item more to read and to write. Functions are billed here as if each took 50 ms, and all but the
sync (which is not) as if each call were traced.
`;

const tableOf = ({ lines, usd: all }: Bill, times = 1): string =>
  table(
    ['Service', 'Counted', 'Cost'],
    [
      ...lines.map(({ service, what, count, usd: price }) => [
        service,
        `${rounded(count * times)} ${what}`,
        usd(price * times),
      ]),
      ['**Together**', '', `**${usd(all * times)}**`],
    ],
  );

const sharesTable = ({ one, eight }: Costs['sync']): string => {
  const row = (what: string, { usd: each }: Bill): readonly string[] => {
    const share = (how: keyof typeof syncsPerHour) =>
      `${usd(each * syncsPerHour[how])}, ${percent(shareOfGpu(each, how))}`;
    return [what, (each * 1e6).toFixed(2), share('unwatched'), share('watched')];
  };
  const { unwatched, watched } = syncsPerHour;
  return table(
    [
      'A worker with',
      '$ per million syncs',
      `Unwatched, ${unwatched} an hour`,
      `Watched, ${watched} an hour`,
    ],
    [row('one run', one), row('eight runs', eight)],
  );
};

const rounded = (count: number): string =>
  count < 100 ? String(Number(count.toPrecision(2))) : Math.round(count).toLocaleString('en');

const usd = (amount: number): string =>
  amount >= 0.1 ? `$${amount.toFixed(2)}` : `$${Number(amount.toPrecision(2))}`;

const percent = (share: number): string => `${(100 * share).toPrecision(2)} %`;
