import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{contract,domain,lambdas,adapters,lib,local,clients,test,bench}/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 180_000,
  },
});
