import { posix } from 'node:path'
import type { Asking } from '../code/link.ts'
import { commonJsNames } from '../code/names.ts'
import { asUrl, type LaidModule, type LayoutOptions, type Place } from '../code/write.ts'
import { COMMON_JS, packageName } from './builds.ts'
import { isOwn } from './own-files.ts'
import { isCommonJs } from './packages.ts'

/** The module that an artifact starts with. */
export const CODE_FILE = 'index.mjs'
/** The file with attak's code in an artifact. */
export const OWN_FILE = 'attak.mjs'
/** The folder of packages in an artifact. */
export const PACKAGES = 'attak-packages'

/** Returns how a module at `at` imports a package's file: see `LayoutOptions`. */
export function packageAt(dir: string): NonNullable<LayoutOptions['packageAt']> {
  return (file, asking, at) => {
    const target = isOwn(file) ? OWN_FILE : `${PACKAGES}/${packageFile(dir, file, asking)}`
    const path = posix.relative(posix.dirname(at), target).replace(/^(?!\.\.?\/)/, './')
    return { specifier: asking === 'import' ? asUrl(path) : path }
  }
}

function packageFile(dir: string, file: string, asking: Asking): string {
  return `${packageName(dir, file)}${asking === 'require' || isCommonJs(file) ? '.cjs' : '.mjs'}`
}

/**
 * Returns how a module whose extension differs from its source's finds its location: beside itself, under the name of
 * the source.
 */
export function placeOf(_file: string, kind: LaidModule['kind'], moved: boolean): Place | undefined {
  if (!moved) return undefined
  const [filename, dirname] =
    kind === 'module' ? ['import.meta.filename', 'import.meta.dirname'] : ['__filename', '__dirname']
  return { url: 'import.meta.url.slice(0,-4)', filename: `${filename}.slice(0,-4)`, dirname }
}

/** Names the file by which Node's own CommonJS gets one of a package. */
export function stubName(dir: string, file: string): string {
  return packageFile(dir, file, 'require')
}

/** That file, with the names that Node finds in the one of the package. */
export function stubOf(dir: string, file: string): Uint8Array {
  const names = commonJsNames(file).map((name) => `exports[${JSON.stringify(name)}]=0;`)
  const found = names.length === 0 ? '' : `if(0){${names.join('')}}`
  const id = JSON.stringify(packageName(dir, file))
  return Buffer.from(`const all=require("./${COMMON_JS}");module.exports=all[${id}]();${found}\n`)
}
