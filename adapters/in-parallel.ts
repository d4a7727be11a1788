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

/** Cuts a list into pieces of at most `size`. */
export const chunked = <T>(items: readonly T[], size: number): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, i) =>
    items.slice(i * size, (i + 1) * size),
  );

/** Cuts a list into pieces of at most `count` items that are together at most `bytes` as JSON. */
export const chunkedBySize = <T>(
  items: readonly T[],
  { count, bytes }: { readonly count: number; readonly bytes: number },
): readonly (readonly T[])[] => {
  const chunks: T[][] = [];
  let room = 0;
  for (const item of items) {
    const size = Buffer.byteLength(JSON.stringify(item));
    const last = chunks.at(-1);
    if (last && last.length < count && size <= room) last.push(item);
    else {
      chunks.push([item]);
      room = bytes;
    }
    room -= size;
  }
  return chunks;
};
