import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const root = fileURLToPath(new URL('..', import.meta.url))

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
    testTimeout: 20_000,
    // Projects that tests load are JavaScript, as written or as built: Node itself is to load them, as it does for users.
    server: { deps: { external: [/\.[cm]?js$/] } },
    deps: { interopDefault: false },
  },
})
