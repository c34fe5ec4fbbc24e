import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { extname, join } from 'node:path'
import { fieldsOf } from '../runtime/text.ts'
import { packageFolder } from './find.ts'

/** Whether a file's ending says that it is CommonJS, or its package.json. Where neither does, Node may look into the file. */
export function isCommonJs(file: string): boolean {
  const ending = extname(file)
  return ending === '.cjs' || (ending === '.js' && typeIn(packageFolder(file)) === 'commonjs')
}

/**
 * Gives what `import()` gives of CommonJS, without Node's loader of ES modules, which takes a twelfth of `node -e 0`:
 * `default` is `module.exports`. Every property of that is a name, as in what esbuild bundles; Node names those that it finds
 * in the text. Throws what the module throws.
 */
export function requireAsModule(file: string): object {
  const exported: unknown = createRequire(file)(file)
  const fields = typeof exported === 'function' ? exported : (fieldsOf(exported) ?? {})
  const named = Object.keys(fields).map((name) => [
    name,
    { enumerable: true, get: () => Reflect.get(fields, name) as unknown },
  ])
  return Object.create(null, {
    ...Object.fromEntries(named),
    default: { enumerable: true, value: exported },
    [Symbol.toStringTag]: { value: 'Module' },
  })
}

function typeIn(folder: string): unknown {
  try {
    return fieldsOf(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')))?.type
  } catch {
    return undefined
  }
}
