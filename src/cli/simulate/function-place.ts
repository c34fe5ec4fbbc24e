import type { Debugger, Runtime, Session } from 'node:inspector'
import { createRequire, findSourceMap } from 'node:module'

const SUBJECT = Symbol.for('attak.subject')

/**
 * Gives the place where a function was defined, as a line of a stack: `    at bill (/shop/bill.ts:3:1)`; undefined when it
 * cannot be told. Asks Node's inspector, which nothing else here loads.
 */
export function placeOfFunction(subject: unknown): string | undefined {
  const inspector: typeof import('node:inspector') = createRequire(import.meta.url)('node:inspector')
  const session = new inspector.Session()
  session.connect()
  Object.defineProperty(globalThis, SUBJECT, { value: subject, configurable: true })
  try {
    const place = locationIn(session)
    if (place === undefined) return undefined
    const { url, line, column } = mapped(place)
    const name = typeof subject === 'function' && subject.name !== '' ? subject.name : 'handler'
    return `    at ${name} (${url}:${line}:${column})`
  } finally {
    Reflect.deleteProperty(globalThis, SUBJECT)
    session.disconnect()
  }
}

interface Place {
  readonly url: string
  /** From 1, like the column. */
  readonly line: number
  readonly column: number
}

/** A session with one's own thread answers before `post` returns. */
function locationIn(session: Session): Place | undefined {
  const urls = new Map<string, string>()
  session.on('Debugger.scriptParsed', ({ params }) => urls.set(params.scriptId, params.url))
  session.post('Debugger.enable')
  let objectId: string | undefined
  session.post('Runtime.evaluate', { expression: 'globalThis[Symbol.for("attak.subject")]' }, (_error, answer) => {
    objectId = answer?.result?.objectId
  })
  let found: Runtime.InternalPropertyDescriptor | undefined
  if (objectId === undefined) return undefined
  session.post('Runtime.getProperties', { objectId }, (_error, answer) => {
    found = answer?.internalProperties?.find(({ name }) => name === '[[FunctionLocation]]')
  })
  const location = found?.value?.value as Debugger.Location | undefined
  const url = location && urls.get(location.scriptId)
  if (location === undefined || url === undefined) return undefined
  return { url, line: location.lineNumber + 1, column: (location.columnNumber ?? 0) + 1 }
}

/** The place in the source, where the module was built and source maps are switched on. */
function mapped(place: Place): Place {
  const entry = findSourceMap(place.url)?.findEntry(place.line - 1, place.column - 1)
  if (entry === undefined || !('originalSource' in entry)) return place
  return { url: entry.originalSource, line: entry.originalLine + 1, column: entry.originalColumn + 1 }
}
