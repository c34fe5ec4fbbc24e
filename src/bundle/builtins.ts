import { isBuiltin } from 'node:module'
import type { Plugin } from 'esbuild'
import { isOwn } from './own-files.ts'

/** The namespace of modules that {@link builtinsAtHand} makes. */
export const BUILTINS = 'attak-builtin'

/** What gives what is built into Node without an import. */
export const AT_HAND = 'process.getBuiltinModule'

/**
 * Has attak's own modules take what is built into Node from `process.getBuiltinModule` (Node 20.16 and up). An `import` makes
 * a module that exports all of it, which loads what of it Node itself would load when it is first used: with `node:fs`,
 * `node:util` and `node:http`, a tenth of what a function takes before its first emit (row D1 of the benchmarks). Modules that
 * are imported while the function runs are still loaded only then.
 */
export const builtinsAtHand: Plugin = {
  name: 'attak-builtins',
  setup(build) {
    build.onResolve({ filter: /^node:/ }, ({ path, importer }) =>
      isBuiltin(path) && isOwn(importer) ? { path, namespace: BUILTINS, sideEffects: false } : undefined,
    )
    build.onLoad({ filter: /./, namespace: BUILTINS }, ({ path }) => ({
      contents: `module.exports = ${AT_HAND}(${JSON.stringify(path)})`,
    }))
  },
}
