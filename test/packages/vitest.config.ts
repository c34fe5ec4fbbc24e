import { mergeConfig } from 'vitest/config'
import base from '../vitest.config.ts'

/** The packages that processors import: `npm run test:packages`. It installs them, so `npm test` leaves it out. */
export default mergeConfig(
  { ...base, test: { ...base.test, include: [], exclude: [] } },
  { test: { include: ['test/packages/**/*.test.ts'], hookTimeout: 1_800_000, testTimeout: 1_800_000 } },
)
