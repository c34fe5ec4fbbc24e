import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** As esbuild writes it, minified or not: `import a,{b as c,d}from"node:fs";`, `import*as e from"node:fs";`. */
const IMPORT =
  /(?<=^|[;}\n])import\s*(?:([\w$]+)\s*,?\s*)?(?:\{([^{}"]*)\}\s*|\*\s*as\s+([\w$]+)\s*)?from\s*("node:[\w/]+");/g
const LATER = /(?<![\w$.])import\(("node:[\w/]+")\)/g

/**
 * Has built modules take what is built into Node from `process.getBuiltinModule` (Node 20.16 and up). An import makes a module
 * that exports all of it, which loads even what Node itself loads only when it is first used: of `node:fs`, `node:util` and
 * `node:http` that takes a tenth of what a small process does.
 */
export const builtinsAtHand = {
  name: 'builtins-at-hand',
  setup(build) {
    build.initialOptions.write = false
    build.onEnd(({ outputFiles = [] }) => {
      for (const { path, text } of outputFiles) {
        mkdirSync(dirname(path), { recursive: true })
        writeFileSync(path, takeAtHand(text))
      }
    })
  },
}

function takeAtHand(text) {
  return text
    .replaceAll(IMPORT, (_, whole, names = '', space, module) => {
      const taken = `process.getBuiltinModule(${module})`
      const parts = names.replaceAll(/\s+as\s+/g, ':').replaceAll(/\s+/g, '')
      const named = [whole, space].filter(Boolean).map((name) => `${name}=${taken}`)
      return `var ${[...named, ...(parts === '' ? [] : [`{${parts}}=${taken}`])].join(',')};`
    })
    .replaceAll(LATER, 'Promise.resolve(process.getBuiltinModule($1))')
}
