import { afterAll, beforeAll } from 'vitest';
import type { AwsPorts } from './aws-ports.ts';
import { makeAwsPorts } from './aws-ports.ts';
import type { Emulator } from './emulator.ts';
import { startEmulator } from './emulator.ts';

/** An emulator of the test file's own; `use` is given every port over it before the first test. */
export const withEmulator = (use: (ports: AwsPorts) => void): void => {
  let emulator: Emulator | undefined;
  beforeAll(async () => {
    emulator = await startEmulator();
    use(await makeAwsPorts(emulator.config));
  });
  afterAll(() => emulator?.stop());
};
