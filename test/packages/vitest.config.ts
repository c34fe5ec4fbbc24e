import { mergeConfig } from 'vitest/config'
import base from '../vitest.config.ts'

/**
 * The packages that processors import, and more random projects than `npm test` runs: `npm run test:packages`. It installs the
 * packages, so `npm test` leaves it out.
 */
export default mergeConfig(
  { ...base, test: { ...base.test, include: [], exclude: [] } },
  {
    test: {
      include: ['test/packages/**/*.test.ts', 'test/bundle/random.test.ts'],
      env: { ATTAK_TEST_PROJECTS: process.env.ATTAK_TEST_PROJECTS ?? '200' },
      hookTimeout: 1_800_000,
      testTimeout: 1_800_000,
    },
  },
)
