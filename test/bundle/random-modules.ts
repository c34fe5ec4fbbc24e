/** How a module exports its value. */
export type Form = 'module' | 'exports' | 'assigned' | 'flagged' | 'function'

/** What may be imported: how it is named, and what comes of that. */
export interface Target {
  readonly specifier: string
  readonly kind: 'module' | 'commonjs' | 'dual' | 'json'
}

/** How CommonJS exports its value. */
export const OLD_FORMS = ['exports', 'assigned', 'flagged', 'function'] as const

/** Choices that follow from a seed. */
export interface Choices {
  below(count: number): number
  of<Value>(values: readonly Value[]): Value
  chance(share: number): boolean
  /** Whether this is the first call. Two modules that wait for others to load race, from their sources too. */
  mayWait(): boolean
}

/** Makes the choices of a seed: mulberry32. */
export function choicesOf(seed: number): Choices {
  let state = seed * 0x9e3779b1
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  const below = (count: number) => Math.floor(next() * count)
  let waits = 0
  return {
    below,
    of: (values) => values[below(values.length)]!,
    chance: (share) => next() < share,
    mayWait: () => waits++ === 0,
  }
}

interface ModuleOptions {
  readonly choices: Choices
  readonly kind: 'module' | 'commonjs'
  readonly ending: string
  readonly form: Form
  readonly targets: readonly Target[]
  readonly name: string
  readonly log: string
  /** It is the processor's. */
  readonly isLast?: boolean
  readonly seed?: number
  readonly isPackage?: boolean
}

const SEEN = `function seen(it) {
  const own = it && it['module.exports'] !== undefined ? { ...it, 'module.exports': undefined } : it
  return typeof it === 'function' ? ['function', it.name, it.length] : JSON.parse(JSON.stringify({ it: own })).it ?? typeof it
}\n`

/** Writes a module that notes that it runs, imports `targets`, and exports what it got of them. */
export function moduleText(options: ModuleOptions): string {
  const { kind, ending, targets, name, log } = options
  const imports = targets.map((target, index) => importOf(target, index, options))
  const typed = /ts$/.test(ending)
  const sloppy = kind === 'commonjs' && !typed
  const lines = [
    ...imports.map(({ head }) => head),
    `${log}(${JSON.stringify(name)})`,
    typed ? SEEN.replace('(it)', '(it: any): unknown') : SEEN,
    ...imports.map(({ body }) => body),
    ...(sloppy ? [`implicit_${name.replaceAll(/\W/g, '_')} = this === exports`] : []),
    `const value = [${[JSON.stringify(name), ...placeOf(options), ...imports.map(({ value }) => value)].join(', ')}]`,
  ]
  const later = imports.flatMap((one) => one.later ?? [])
  lines.push(exportsText(options, later))
  return `${lines.filter((line) => line !== '').join(';\n')}\n`
}

/** Packages are built, so that only local modules know their places. */
function placeOf({ kind, isPackage }: ModuleOptions): readonly string[] {
  if (isPackage === true) return []
  return [kind === 'module' ? `import.meta.url.split('/').pop()` : '__filename.split(/[/\\\\]/).pop()']
}

interface Import {
  readonly head: string
  readonly body: string
  readonly value: string
  /** An expression for the handler. */
  readonly later?: string
}

function importOf(target: Target, index: number, { choices, kind, ending, isPackage = false }: ModuleOptions): Import {
  const from = JSON.stringify(target.specifier)
  const it = `i${index}`
  const dynamic = (): Import => ({
    head: '',
    body: '',
    value: `'later'`,
    later: `await import(${from}${target.kind === 'json' ? `, { with: { type: 'json' } }` : ''})`,
  })
  if (kind === 'commonjs') {
    if (target.kind === 'module') return dynamic()
    if (ending === '.cts') {
      const head = choices.of([`import ${it} = require(${from})`, `const ${it} = require(${from})`])
      return { head, body: '', value: `seen(${it})` }
    }
    return choices.of<Import>([
      { head: `const ${it} = require(${from})`, body: '', value: `seen(${it})` },
      { head: '', body: `const ${it} = seen(require(${from}))`, value: it },
      { head: `const { value: ${it} } = require(${from})`, body: '', value: `seen(${it})` },
      { head: '', body: '', value: `'lazy'`, later: `require(${from})` },
      ...(target.kind === 'json' ? [] : [dynamic()]),
    ])
  }
  const attribute = target.kind === 'json' ? ` with { type: 'json' }` : ''
  const forms: Import[] = [
    { head: `import ${it} from ${from}${attribute}`, body: '', value: `seen(${it})` },
    { head: `import * as ${it} from ${from}${attribute}`, body: '', value: `seen(${it})` },
    dynamic(),
  ]
  if (target.kind !== 'json') {
    forms.push(
      { head: `import { value as ${it} } from ${from}`, body: '', value: `seen(${it})` },
      { head: `import ${from}`, body: '', value: `'bare'` },
      { head: `export * from ${from}`, body: '', value: `'all'` },
      { head: `export * as e${index} from ${from}`, body: '', value: `'again'` },
      { head: `export { value as v${index} } from ${from}`, body: '', value: `'again'` },
    )
  }
  if (target.kind === 'module')
    forms.push({ head: `import * as ${it} from ${from}`, body: `${it}.run?.()`, value: `${it}.runs ?? 'none'` })
  if (target.kind !== 'module') {
    const head = `import { createRequire as create${index} } from 'node:module'`
    forms.push({ head, body: `const ${it} = create${index}(import.meta.url)(${from})`, value: `seen(${it})` })
  }
  const form = choices.of(forms)
  if (isPackage || !choices.chance(0.2) || !choices.mayWait()) return form
  return { ...form, body: `await import(${from}${attribute && `, { with: { type: 'json' } }`});\n${form.body}` }
}

function exportsText({ kind, ending, form, isLast, seed, choices }: ModuleOptions, later: readonly string[]): string {
  if (isLast) {
    const type = /ts$/.test(ending) ? ': any' : ''
    const seen = later.map((one) => `seen(${one})`).join(', ')
    const handler = `async (event${type}, context${type}) => context.emit('out', [value, [${seen}], globalThis.order${seed}])`
    const global = /ts$/.test(ending) ? handler.replace('globalThis', '(globalThis as any)') : handler
    if (kind === 'module') return choices.of([`export const handler = ${global}`, `export default ${global}`])
    return ending === '.cts'
      ? `export = ${global}`
      : choices.of([`exports.handler = ${global}`, `module.exports = ${global}`])
  }
  if (form === 'module')
    return `export { value }\nexport let runs = 0\nexport const run = () => ++runs\nexport default { value, kind: 'default' }`
  if (ending === '.cts') return `export = { value, kind: 'assigned' }`
  if (form === 'exports') return `exports.value = value\nexports.kind = 'exports'`
  if (form === 'function')
    return `module.exports = function named(a, b) { return arguments.callee.length }\nmodule.exports.value = value`
  if (form === 'assigned') return `module.exports = { value, kind: 'assigned' }`
  return `Object.defineProperty(exports, '__esModule', { value: true })\nexports.value = value\nexports.default = { kind: 'flagged' }`
}
