import { mergeConfig } from 'vitest/config'
import base, { SLOW } from './vitest.config.ts'

/** The tests that start hundreds of processes, or install packages: `npm run test:slow`. CI runs them on each Node, too. */
export default mergeConfig({ ...base, test: { ...base.test, include: [], exclude: [] } }, { test: { include: SLOW } })
