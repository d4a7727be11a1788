#!/usr/bin/env node
import { main } from '../src/main.ts';

const interrupt = new AbortController();

// Once: whoever presses Ctrl-C again wants out at once.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => interrupt.abort());

// A reader such as `head` may have had enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

const terminal = {
  out: process.stdout,
  err: process.stderr,
  // biome-ignore lint/style/noProcessEnv: the one place that reads the environment
  env: process.env,
  cwd: process.cwd(),
};

process.exitCode = await main(process.argv.slice(2), terminal, interrupt.signal);
