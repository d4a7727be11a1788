/** A run's item takes 400 KB; an error may quote a tensor or a file, and a chain of them goes on and on. */
const maxMessage = 4_000;
const maxTraceback = 20_000;

interface Told {
  readonly message: string;
  readonly traceback?: string | undefined;
}

/** The error with as much of its texts as is kept: a message's start, a traceback's end. */
export const shortenedError = <E extends Told>(error: E): E => ({
  ...error,
  message: start(error.message),
  ...(error.traceback !== undefined && { traceback: end(error.traceback) }),
});

const start = (text: string): string =>
  text.length <= maxMessage ? text : `${text.slice(0, maxMessage).toWellFormed()} …`;

/** The last lines say what was raised. */
const end = (text: string): string =>
  text.length <= maxTraceback ? text : `… ${text.slice(-maxTraceback).toWellFormed()}`;
