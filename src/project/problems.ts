import { dirname, relative } from 'node:path'
import { remedyForMissing } from '../code/missing.ts'
import type { ErrorCode, Problem } from '../errors.ts'
import type { LoadedModule } from './load.ts'
import { cleanStack } from './stack.ts'

/** What a module was loaded for, as its problems tell it. */
export interface Subject {
  readonly code: ErrorCode
  /** `processors.reverse`; the file is said too. */
  readonly where: string
  /** Absolute. */
  readonly file: string
  /** What paths are relative to in messages, absolute. */
  readonly cwd: string
}

/** Tells why a module could not be loaded, each problem at its own place; none when it was. */
export function loadProblems(module: LoadedModule, subject: Subject): readonly Problem[] {
  const { code, cwd, file } = subject
  const severity = 'error'
  const name = relative(cwd, file)
  if (module.kind === 'threw') {
    const stack = cleanStack(module.error, cwd)
    const who = subject.where === name ? '' : `${name} `
    const what = `${who}failed while it was loaded: ${messageOf(module.error)}`
    const problem = { code, severity, where: subject.where, what, remedy: 'Mend the code that threw.' } as const
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

/** What a thrown value says, whatever it is. Never throws. */
export function messageOf(error: unknown): string {
  try {
    if (error instanceof Error) return String(error.message === '' ? error.name : error.message)
    if (typeof error === 'string') return error
    return `it threw ${typeof error === 'object' && error !== null ? 'an object' : String(error)}`
  } catch {
    return 'it threw what cannot be read'
  }
}

function placeIn({ line, column }: { readonly line?: number; readonly column?: number }): string {
  return line === undefined ? '' : `:${line}:${column}`
}

function remedyFor(text: string, folder: string): string {
  const missing = /^Could not resolve "([^"]+)"/.exec(text)?.[1]
  return missing === undefined ? 'Correct the code there.' : remedyForMissing(missing, folder)
}
