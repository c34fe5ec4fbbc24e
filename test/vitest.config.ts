import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const root = fileURLToPath(new URL('..', import.meta.url))
/** Where .ci/run wants to find what came of the tests. */
const results = process.env.TEST_RESULTS

/** They take half of the time of all others together: `npm run test:slow`. */
export const SLOW = [
  ...['test/package.test.ts', 'test/readme.test.ts', 'test/bundle/same.test.ts'],
  ...['test/cli/simulate/built-ins.test.ts', 'test/cli/signals.test.ts', 'test/cli/smoke.test.ts'],
]

export default defineConfig({
  root,
  resolve: {
    alias: [
      { find: /^attak$/, replacement: `${root}src/index.ts` },
      { find: /^attak\/testing$/, replacement: `${root}src/testing.ts` },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    // They need emulators, brokers or a thousand packages: npm run test:cloud, test:brokers, test:packages.
    exclude: ['test/cloud/**', 'test/brokers/**', 'test/packages/**', ...SLOW],
    // Projects that tests load are JavaScript, as written or as built: Node itself is to load them, as it does for users.
    server: { deps: { external: [/\.[cm]?js$/] } },
    deps: { interopDefault: false },
    // Tests that start bin/attak.js run what stands in src now.
    globalSetup: '.ci/build.mjs',
    // Only for a test that hangs. No test may fail because the machine is busy.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    // By itself vitest leaves one core idle, which on CI is half of them.
    maxWorkers: '100%',
    reporters: results === undefined ? ['default'] : ['default', ['json', { outputFile: results }]],
  },
})
