import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const shared = { pool: 'forks' as const, environment: 'node' as const };

export default defineConfig({
  test: {
    // Two at least: most tests wait for other programs.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      { test: { ...shared, name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 20_000 } },
      {
        test: {
          ...shared,
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          ...shared,
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: ['test/support/pack.ts'],
          testTimeout: 300_000,
          hookTimeout: 600_000,
        },
      },
      {
        // Against a real Collector and a real Prometheus (scripts/test-services.mjs).
        test: {
          ...shared,
          name: 'telemetry',
          include: ['test/telemetry/**/*.test.ts'],
          globalSetup: ['test/support/pack.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
