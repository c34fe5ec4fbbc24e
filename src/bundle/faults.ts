import { dirname, join } from 'node:path'
import { remedyForMissing } from '../code/missing.ts'
import { packageOf } from '../code/packages.ts'
import type { Problem } from '../errors.ts'
import type { BundleFault } from './compile.ts'
import { placeOf } from './extras.ts'

/**
 * Returns a problem for each bundling fault, with its place, its processors, and a remedy; `dir` is the topology's
 * folder.
 */
export function bundleProblems(faults: readonly BundleFault[], dir: string): readonly Problem[] {
  return faults.map(({ message: { text, location }, units }) => {
    const place = location === null ? '' : `${location.file}:${location.line}:${location.column + 1}: `
    return {
      code: 'BUNDLE_FAILED',
      severity: 'error',
      where: placeOf(units),
      what: place + text,
      remedy: remedyFor(text, location?.file ?? '', dir),
    }
  })
}

function remedyFor(text: string, file: string, dir: string): string {
  const missing = /^Could not resolve "([^"]+)"/.exec(text)?.[1]
  if (missing !== undefined) return remedyForMissing(missing, dirname(join(dir, file)))
  if (/is an ES module, which/.test(text)) return 'Import it, or await import() where it is used.'
  const resolved = /^(?:import\.meta|require)\.resolve finds no "([^"]+)"/.exec(text)?.[1]
  if (resolved?.startsWith('#')) return 'Name the package itself here, and in external.'
  if (resolved !== undefined) return `Ship the package as it is: external: ['${packageOf(resolved)}'].`
  if (/names a module that is known only/.test(text))
    return "Write the name as a literal, or as a path such as './plugins/' + name. Or name the files in include, or the packages in external."
  if (/names a file that is known only/.test(text)) return 'Write the path as a literal, or name the files in include.'
  const ending = /^No loader is configured for "(\.[^"]+)" files: ?(.*)$/.exec(text)
  const owner = packageIn(file) ?? packageIn(ending?.[2] ?? '')
  if (owner !== undefined) return `Ship the package as it is: external: ['${owner}'].`
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
