/** How a command may end; scripts rely on the numbers. */
export const exitCodes = {
  ok: 0,
  /** The service cannot be reached or found, or something went wrong that nobody foresaw. */
  fault: 1,
  /** The command line, or a file that it names, is not as it must be. */
  usage: 2,
  /** The service refused: it answered with a problem. */
  refused: 3,
  /** What was waited for did not end well: runs failed, or the operation failed or was cancelled. */
  unsuccessful: 4,
  /** Ctrl-C. What had been started goes on. */
  interrupted: 130,
} as const;

export type Exit = keyof typeof exitCodes;
