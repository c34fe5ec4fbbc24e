import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isAwaitAsName, RENAME_AWAIT } from '../code/await.ts'
import { brokenPackage } from '../code/installed.ts'
import { remedyForMissing } from '../code/missing.ts'
import type { ErrorCode, Problem } from '../errors.ts'
import { FRAME } from '../runtime/thrown.ts'
import type { LoadedModule } from './load.ts'
import { cleanStack } from './stack.ts'

/** Why a module was loaded, as its problems show it. */
export interface Subject {
  readonly code: ErrorCode
  /** `processors.reverse`; messages contain the file, too. */
  readonly where: string
  /** Absolute. */
  readonly file: string
  /** What paths are relative to in messages, absolute. */
  readonly cwd: string
}

/** Returns why a module could not be loaded, each problem at its own place; none when it was. */
export function loadProblems(module: LoadedModule, subject: Subject): readonly Problem[] {
  const { code, cwd, file } = subject
  const severity = 'error'
  const name = relative(cwd, file)
  if (module.kind === 'threw') {
    const fault = linkFaultOf(module.error, cwd)
    if (fault !== undefined) {
      const { place, text, remedy } = fault
      return subject.where === name
        ? [{ code, severity, where: place, what: text, remedy }]
        : [{ code, severity, where: subject.where, what: `${place}: ${text}`, remedy }]
    }
    const broken = isOfManifest(module.error) ? brokenPackage(dirname(file)) : undefined
    if (broken !== undefined) {
      const folder = relative(cwd, broken)
      const what = `${join(folder, 'package.json')} is not a JSON object, so that Node loads no module of the package`
      return [
        { code, severity, where: subject.where, what, remedy: `Remove the folder ${folder} and run npm install.` },
      ]
    }
    const stack = cleanStack(module.error, cwd)
    const who = subject.where === name ? '' : `${name} `
    const what = `${who}failed while it was loaded: ${withoutAdvice(messageOf(module.error))}`
    const remedy = missingRemedyOf(module.error) ?? commonJsRemedyOf(module.error, name) ?? 'Fix the code that threw.'
    const problem = { code, severity, where: subject.where, what, remedy } as const
    return [stack === undefined ? problem : { ...problem, stack }]
  }
  if (module.kind === 'unbuildable') {
    return module.faults.map((fault) => {
      const place = fault.file === undefined ? name : `${relative(cwd, fault.file)}${placeIn(fault)}`
      const told = { code, severity, remedy: remedyFor(fault.text, dirname(fault.file ?? file)) } as const
      return subject.where === name
        ? { ...told, where: place, what: fault.text }
        : { ...told, where: subject.where, what: `${place}: ${fault.text}` }
    })
  }
  if (module.kind === 'unreadable') {
    const { line, column, what, excerpt } = module.fault
    const place = `${name}:${line}:${column}`
    return [{ code, severity, where: place, what: `${what}\n${excerpt}`, remedy: 'Correct it there.' }]
  }
  return []
}

/** Returns the message of any thrown value. Never throws. */
export function messageOf(error: unknown): string {
  try {
    if (error instanceof Error) return String(error.message === '' ? error.name : error.message)
    if (typeof error === 'string') return error
    return `it threw ${typeof error === 'object' && error !== null ? 'an object' : String(error)}`
  } catch {
    return 'it threw what cannot be read'
  }
}

/** Whether Node may have failed on a package.json. Node 20 throws another TypeError for one that holds null. */
function isOfManifest(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (/^(?:Error parsing|Invalid package config) .*package\.json/.test(error.message)) return true
  const [call] = String(error.stack)
    .split('\n')
    .filter((line) => FRAME.test(line) && !line.includes('<anonymous>'))
  return error instanceof TypeError && /node:internal\/modules\//.test(call ?? '')
}

/** CommonJS that Node reads as an ES module, as it reads .js files of a package with "type": "module". */
const COMMON_JS = /^(?:module|exports|require|__dirname|__filename) is not defined in ES module scope/

function commonJsRemedyOf(error: unknown, name: string): string | undefined {
  if (!COMMON_JS.test(messageOf(error))) return undefined
  return `Write export default (and import), or rename ${name} to ${name.replace(/\.\w+$/, '.cjs')}.`
}

/** Node adds advice to such a message, in a second line. */
function withoutAdvice(message: string): string {
  return COMMON_JS.test(message) ? message.split('\n', 1)[0]! : message
}

/** How to get a package that `require` does not find; undefined for other errors. */
function missingRemedyOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || error.code !== 'MODULE_NOT_FOUND') return undefined
  const name = /^Cannot find module '([^'./][^']*)'/.exec(error.message)?.[1]
  const [file]: readonly unknown[] =
    'requireStack' in error && Array.isArray(error.requireStack) ? error.requireStack : []
  return name === undefined || typeof file !== 'string' ? undefined : remedyForMissing(name, dirname(file))
}

const LACKS_EXPORT = /module '(.+)' does not provide an export named '(.+)'/
/** Node writes the import above the error: its file and line in the user's code, the line itself, and what marks the name. */
const IMPORT_ABOVE = /^(.+):(\d+)\n.*\n( *)\^/

/** Returns the fault of importing a name that a package lacks, with its place; undefined for other errors. */
function linkFaultOf(error: unknown, cwd: string) {
  if (!(error instanceof SyntaxError)) return undefined
  const [, specifier, name] = LACKS_EXPORT.exec(error.message) ?? []
  const [, at, line, indent] = IMPORT_ABOVE.exec(String(error.stack)) ?? []
  if (specifier === undefined || at === undefined) return undefined
  const remedy =
    name === 'default'
      ? `Import what you need by name: import { … } from '${specifier}'.`
      : `Correct the name. If it is a CommonJS module, import all of it: import pkg from '${specifier}'; const { ${name} } = pkg.`
  const file = at.startsWith('file:') ? fileURLToPath(at) : at
  return {
    place: `${relative(cwd, file)}:${line}:${indent!.length + 1}`,
    text: `"${specifier}" has no export named "${name}"`,
    remedy,
  }
}

function placeIn({ line, column }: { readonly line?: number; readonly column?: number }): string {
  return line === undefined ? '' : `:${line}:${column}`
}

function remedyFor(text: string, folder: string): string {
  if (isAwaitAsName(text)) return RENAME_AWAIT
  const missing = /^Could not resolve "([^"]+)"/.exec(text)?.[1]
  return missing === undefined ? 'Correct the code there.' : remedyForMissing(missing, folder)
}
