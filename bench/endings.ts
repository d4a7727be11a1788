type End = () => unknown;

const open = new Set<End>();

/** Uses something that has to be ended, and ends it whether the use succeeds, fails or is cut short. */
export const ending = async <T>(end: End, use: () => Promise<T>): Promise<T> => {
  open.add(end);
  try {
    return await use();
  } finally {
    open.delete(end);
    await end();
  }
};

/** Ends all that is in use, the newest first. */
export const endAll = async (): Promise<void> => {
  for (const end of [...open].reverse()) {
    open.delete(end);
    await end();
  }
};
