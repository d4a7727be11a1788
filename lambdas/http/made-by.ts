/** What answers name what they made by, and how it is told. */
const makes: Readonly<Record<string, (made: Made) => string | number | undefined>> = {
  experiment: ({ name }) => name && `experiment ${name}`,
  dataHandle: ({ dataHandleId }) => dataHandleId && `data handle ${dataHandleId}`,
  operation: ({ operation: number }) => number && `operation ${number}`,
  token: ({ tokenId, label }) => tokenId && `token ${tokenId} of ${label}`,
};

interface Made {
  readonly name?: string;
  readonly dataHandleId?: string;
  readonly operation?: number;
  readonly tokenId?: string;
  readonly label?: string;
}

/** In words, what an answer tells that its call made: for the audit. */
export const madeBy = (body: string | undefined): string | undefined => {
  const answer = JSON.parse(body ?? '{}');
  const words = Object.entries(makes).flatMap(([member, tell]) => {
    const told = answer[member] === undefined ? undefined : tell(answer[member]);
    return typeof told === 'string' ? [told] : [];
  });
  const runs: readonly number[] = answer.control?.made ?? [];
  if (runs.length > 0) words.push(`run${runs.length === 1 ? '' : 's'} ${runs.join(', ')}`);
  return words.length > 0 ? words.join(', ') : undefined;
};
