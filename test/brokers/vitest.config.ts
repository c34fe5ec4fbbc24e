import { mergeConfig } from 'vitest/config'
import base from '../vitest.config.ts'

/** The tests with real brokers: `npm run test:brokers`. They install servers, so `npm test` leaves them out. */
export default mergeConfig(
  { ...base, test: { ...base.test, include: [], exclude: [], globalSetup: [] } },
  {
    test: {
      include: ['test/brokers/**/*.test.ts'],
      globalSetup: ['.ci/build.mjs', 'test/brokers/setup.ts'],
      setupFiles: ['test/brokers/stop.ts'],
      // The servers run beside: they need their own core.
      maxWorkers: 1,
      testTimeout: 120_000,
      hookTimeout: 120_000,
    },
  },
)
