import { dirname, join } from 'node:path'
import { isAwaitAsName, RENAME_AWAIT } from '../code/await.ts'
import { remedyForMissing } from '../code/missing.ts'
import { packageOf } from '../code/packages.ts'
import type { Problem } from '../errors.ts'
import type { BundleFault, BundleMessage } from './compile.ts'
import { placeOf } from './extras.ts'

/**
 * Returns a problem for each bundling fault, with its place, its processors, and a remedy; `dir` is the topology's
 * folder.
 */
export function bundleProblems(faults: readonly BundleFault[], dir: string): readonly Problem[] {
  return faults.map(({ message, units }) => {
    const { text, location } = message
    const place = location === null ? '' : `${location.file}:${location.line}:${location.column + 1}: `
    return {
      code: 'BUNDLE_FAILED',
      severity: 'error',
      where: placeOf(units),
      what: place + text,
      remedy: remedyFor(message, dir),
    }
  })
}

/** Returns the package that has to be shipped as it is because of a fault. */
export function packageToShip({ text, location }: BundleMessage): string | undefined {
  const [, resolved] = /^(?:import\.meta|require)\.resolve finds no "([^"#][^"]*)"/.exec(text) ?? []
  if (resolved !== undefined) return packageOf(resolved)
  if (OTHER_REMEDY.test(text)) return undefined
  const [, , file = ''] = UNKNOWN_ENDING.exec(text) ?? []
  return packageIn(location?.file ?? '') ?? packageIn(file)
}

/** Faults that no `external` solves. */
const OTHER_REMEDY = /^Could not resolve "|is an ES module, which|names a (?:module|file) that is known only/
const UNKNOWN_ENDING = /^No loader is configured for "(\.[^"]+)" files: ?(.*)$/

function remedyFor(message: BundleMessage, dir: string): string {
  const { text, location } = message
  const missing = /^Could not resolve "([^"]+)"/.exec(text)?.[1]
  if (missing !== undefined) return remedyForMissing(missing, dirname(join(dir, location?.file ?? '')))
  if (/is an ES module, which/.test(text)) return 'Import it, or await import() where it is used.'
  if (/\.resolve finds no "#/.test(text)) return 'Name the package itself here, and in external.'
  if (/names a module that is known only/.test(text))
    return "Write the name as a literal, or as a path such as './plugins/' + name. Or name the files in include, or the packages in external."
  if (/names a file that is known only/.test(text)) return 'Write the path as a literal, or name the files in include.'
  const shipped = packageToShip(message)
  if (shipped !== undefined) return `Ship the package as it is: external: ['${shipped}'].`
  if (isAwaitAsName(text)) return RENAME_AWAIT
  const ending = UNKNOWN_ENDING.exec(text)
  if (ending?.[1] === '.node')
    return 'Native code cannot be bundled: make it a package, and name the package in external.'
  if (ending !== null) return 'Read the file while the processor runs, and name it in include.'
  return 'Fix it there.'
}

/** The package that a file belongs to. */
function packageIn(file: string): string | undefined {
  const inPackages = file.replaceAll('\\', '/').split(/(?:^|\/)node_modules\//)
  return inPackages.length > 1 ? packageOf(inPackages.at(-1)!) : undefined
}
