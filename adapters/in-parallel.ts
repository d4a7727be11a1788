/** Does the same work on every item, on so many at once; the first failure ends it. */
export const inParallel = async <T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> => {
  const remaining = items.values();
  const lane = async (): Promise<void> => {
    for (const item of remaining) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, lane));
};

/** Cuts a list into pieces of at most `size`; items count as one each, or as they are weighed. */
export const chunked = <T>(
  items: readonly T[],
  size: number,
  weigh: (item: T) => number = () => 1,
): readonly (readonly T[])[] => {
  const chunks: T[][] = [];
  let room = 0;
  for (const item of items) {
    const weight = weigh(item);
    if (weight <= room) chunks.at(-1)?.push(item);
    else chunks.push([item]);
    room = (weight <= room ? room : size) - weight;
  }
  return chunks;
};
