import { mergeConfig } from 'vitest/config'
import base from '../vitest.config.ts'

/** The tests against emulators of AWS: `npm run test:cloud`. They need Python, so `npm test` leaves them out. */
export default mergeConfig(
  { ...base, test: { ...base.test, include: [], exclude: [], globalSetup: [] } },
  {
    test: {
      include: ['test/cloud/**/*.test.ts'],
      globalSetup: ['.ci/build.mjs', 'test/cloud/setup.ts'],
      // The emulators run functions beside: they need their own core.
      maxWorkers: 1,
      testTimeout: 300_000,
      hookTimeout: 300_000,
      // Rounds of faults mostly wait.
      maxConcurrency: 8,
    },
  },
)
