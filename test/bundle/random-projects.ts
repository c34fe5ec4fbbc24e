import type { Files } from './bundled.ts'

/** Whether all of a project is JavaScript, which a simulation runs as it is, or some is TypeScript, which is built. */
export type Language = 'javascript' | 'typescript'

/** A random project of one processor, in a folder: its files, and links from paths to what they lead to. */
export interface RandomProject {
  readonly files: Files
  readonly links: Readonly<Record<string, string>>
  /** The module of the processor. */
  readonly handler: string
}

/** How a module exports its value. */
type Form = 'module' | 'exports' | 'assigned' | 'flagged' | 'function'

/** What may be imported: how it is named, and what comes of that. */
interface Target {
  readonly specifier: string
  readonly kind: 'module' | 'commonjs' | 'dual' | 'json'
}

const OLD_FORMS = ['exports', 'assigned', 'flagged', 'function'] as const

interface Choices {
  below(count: number): number
  of<Value>(values: readonly Value[]): Value
  chance(share: number): boolean
  /** Whether this is the first call. Two modules that wait for others to load race, from their sources too. */
  mayWait(): boolean
}

/** Makes the choices of a seed: mulberry32. */
function choicesOf(seed: number): Choices {
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

/**
 * Makes the project of a seed, in `folder`. Each of its modules notes that it runs, imports others in some form, and exports
 * a value that tells what it got; the handler emits that and the order.
 */
export function randomProject(seed: number, folder: string, language: Language): RandomProject {
  const choices = choicesOf(seed)
  const files: Record<string, string> = {}
  const links: Record<string, string> = {}
  const type = choices.of(['module', 'commonjs', undefined])
  const name = `project${seed}`
  const log = `(globalThis.order${seed} ??= []).push`
  const packages = randomPackages({ choices, files, links, folder, log })
  const manifest: Record<string, unknown> = { name, ...(type && { type }) }
  if (choices.chance(0.3)) manifest.sideEffects = false
  const locals: Target[] = [...packages]
  if (choices.chance(0.5)) {
    files[`${folder}/data.json`] = `{ "seed": ${seed}, "default": 1, "a-b": [null] }`
    locals.push({ specifier: './data.json', kind: 'json' })
  }
  const count = 2 + choices.below(4)
  locals.push(...extras(choices, files, folder, log, type))
  let handler = ''
  for (let index = 0; index <= count; index++) {
    const isLast = index === count
    const ending = endingFor(choices, language)
    const kind = kindOfEnding(ending, type)
    const file = `${choices.of(['m', 'm', 'm', 'ü ', 'a.b'])}${index}${ending}`
    const form: Form = kind === 'module' ? 'module' : choices.of(OLD_FORMS)
    const targets = [...new Set(Array.from({ length: 1 + choices.below(4) }, () => choices.of(locals)))]
    files[`${folder}/${file}`] = moduleText({ choices, kind, ending, form, targets, name: file, log, isLast, seed })
    // Where an import has no ending, or is of a folder, attak finds TypeScript.
    const stem = file.slice(0, -ending.length)
    const isFound = language === 'typescript' && /^\.[jt]s$/.test(ending) && stem !== file
    locals.push({ specifier: choices.of([`./${file}`, ...(isFound ? [`./${stem}`] : [])]), kind })
    if (ending === '.ts') locals.push({ specifier: `./${stem}.js`, kind })
    if (choices.chance(0.3)) {
      const inner = `#m${index}`
      manifest.imports = { ...(manifest.imports as object), [inner]: `./${file}` }
      locals.push({ specifier: inner, kind })
    }
    if (choices.chance(0.2)) {
      manifest.exports = { ...(manifest.exports as object), [`./m${index}`]: `./${file}` }
      locals.push({ specifier: `${name}/m${index}`, kind })
    }
    handler = file
  }
  files[`${folder}/package.json`] = JSON.stringify(manifest)
  return { files, links, handler: `./${folder}/${handler}` }
}

function endingFor(choices: Choices, language: Language): string {
  const plain = ['.js', '.mjs', '.cjs']
  return choices.of(language === 'javascript' ? plain : [...plain, '.ts', '.ts', '.mts', '.cts'])
}

function kindOfEnding(ending: string, type: string | undefined): 'module' | 'commonjs' {
  if (/^\.m/.test(ending) || (ending === '.ts' && type === 'module')) return 'module'
  if (/^\.c/.test(ending) || ending === '.js') return ending === '.js' && type === 'module' ? 'module' : 'commonjs'
  // TypeScript is what its syntax says.
  return 'module'
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

function moduleText(options: ModuleOptions): string {
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

/** Adds modules that import each other, and modules that are found by a computed path. */
function extras(
  choices: Choices,
  files: Record<string, string>,
  folder: string,
  log: string,
  type: string | undefined,
): readonly Target[] {
  const targets: Target[] = []
  if (choices.chance(0.4)) {
    files[`${folder}/round.mjs`] =
      `import { two } from './trip.mjs';\n${log}('round')\nexport function one() { return 'one' }\nexport const value = [two(), typeof globalThis]\nexport default 'round'\n`
    files[`${folder}/trip.mjs`] =
      `import { one, value as late } from './round.mjs';\n${log}('trip')\nexport function two() { return ['two', one()] }\nexport const value = () => late\nexport default 'trip'\n`
    targets.push({ specifier: choices.of(['./round.mjs', './trip.mjs']), kind: 'module' })
  }
  if (choices.chance(0.4)) {
    files[`${folder}/there.cjs`] = `exports.early = 1;\n${log}('there');\nexports.value = require('./back.cjs')\n`
    files[`${folder}/back.cjs`] =
      `const it = require('./there.cjs');\n${log}('back');\nexports.value = [Object.keys(it), it.early]\n`
    targets.push({ specifier: choices.of(['./there.cjs', './back.cjs']), kind: 'commonjs' })
  }
  if (choices.chance(0.4)) {
    for (const plug of ['a', 'b'])
      files[`${folder}/plugs/${plug}.cjs`] = `${log}('plug ${plug}');\nexports.value = '${plug}'\n`
    files[`${folder}/plugged.cjs`] =
      `const name = 'b';\n${log}('plugged');\nexports.value = require('./plugs/' + name + '.cjs').value\n`
    const isWaiting = choices.mayWait()
    files[`${folder}/plugged.mjs`] =
      `const name = 'a';\n${log}('plugged');\nexport const value = (await import(\`./plugs/\${name}.cjs\`)).value\nexport default 'plugged'\n`
    targets.push(
      choices.of([
        { specifier: './plugged.cjs', kind: 'commonjs' },
        ...(isWaiting ? [{ specifier: './plugged.mjs', kind: 'module' } as const] : []),
      ]),
    )
  }
  if (choices.chance(0.3)) {
    files[`${folder}/waits.mjs`] =
      `await Promise.resolve();\n${log}('waits')\nexport const value = import.meta.filename.split(/[/\\\\]/).pop()\nexport default class Waits { static value = value }\n`
    targets.push({ specifier: './waits.mjs', kind: 'module' })
  }
  if (choices.chance(0.3) && type !== 'module') {
    files[`${folder}/strict/index.js`] =
      `'use strict';\n${log}('strict');\nexports.value = [(function () { return this === undefined })(), arguments.length, require.main === module, typeof require.resolve]\n`
    targets.push({ specifier: './strict/index.js', kind: 'commonjs' })
  }
  return targets
}

interface PackagesOptions {
  readonly choices: Choices
  readonly files: Record<string, string>
  readonly links: Record<string, string>
  readonly folder: string
  readonly log: string
}

/** Makes some packages, each of another layout. Returns what of them may be imported. */
function randomPackages({ choices, files, links, folder, log }: PackagesOptions): readonly Target[] {
  const targets: Target[] = []
  const text = (kind: 'module' | 'commonjs', name: string, uses: readonly Target[] = []) =>
    moduleText({
      ...{ choices, kind, ending: '.js', targets: uses, name, log, isPackage: true },
      form: kind === 'module' ? 'module' : choices.of(OLD_FORMS),
    })
  const write = (name: string, manifest: object, contents: Files, at = `${folder}/node_modules/${name}`) => {
    files[`${at}/package.json`] = JSON.stringify({ name, version: '1.0.0', ...manifest })
    for (const [path, one] of Object.entries(contents)) files[`${at}/${path}`] = one
  }
  const old = { specifier: 'old', kind: 'commonjs' } as const
  write(
    'old',
    { main: './lib/main.js', module: './wrong.mjs' },
    {
      'lib/main.js': text('commonjs', 'old', []),
      'wrong.mjs': `export const value = 'wrong'`,
    },
  )
  targets.push(old)
  if (choices.chance(0.6)) {
    const conditions = choices.of([
      { import: './i.mjs', require: './r.cjs' },
      { module: './wrong.mjs', node: { import: './i.mjs', default: './r.cjs' }, default: './wrong.mjs' },
      { browser: './wrong.mjs', require: './r.cjs', default: './i.mjs' },
    ])
    write(
      'dual',
      { exports: { '.': conditions, './*': './sub/*.cjs' }, sideEffects: false },
      {
        'i.mjs': text('module', 'dual-import', choices.of([[], [old]])),
        'r.cjs': text('commonjs', 'dual-require', choices.of([[], [old]])),
        'sub/deep.cjs': text('commonjs', 'dual-deep'),
        'wrong.mjs': `export const value = 'wrong'`,
      },
    )
    targets.push({ specifier: 'dual', kind: 'dual' }, { specifier: 'dual/deep', kind: 'commonjs' })
  }
  if (choices.chance(0.5)) {
    write('fresh', { type: 'module', exports: './index.js' }, { 'index.js': text('module', 'fresh', [old]) })
    targets.push({ specifier: 'fresh', kind: 'module' })
  }
  if (choices.chance(0.4)) {
    const manifest = {
      type: 'module',
      imports: { '#dep': { node: './dep.js', default: './wrong.js' } },
      exports: { '.': './index.js', './self': './self.js', './*.json': './*.json' },
    }
    write('deep', manifest, {
      'index.js': `import { createRequire } from 'node:module';\nimport { value as dep } from '#dep';\nimport { value as self } from 'deep/self';\nimport data from './data.json' with { type: 'json' };\n${log}('deep')\nexport const value = [await Promise.resolve(dep), self, data.n, createRequire(import.meta.url)('old').value]\nexport default 'deep'\n`,
      'dep.js': `${log}('dep');\nexport const value = 'dep'\n`,
      'self.js': `${log}('self');\nexport const value = 'self'\nexport default function self() {}\n`,
      'wrong.js': `export const value = 'wrong'`,
      'data.json': '{ "n": 1 }',
    })
    targets.push({ specifier: 'deep', kind: 'module' }, { specifier: 'deep/data.json', kind: 'json' })
  }
  if (choices.chance(0.5)) {
    const nested = `${folder}/node_modules/nests/node_modules/old`
    write('nests', { main: 'index' }, { 'index.js': text('commonjs', 'nests', [old]) })
    write('old', { version: '2.0.0' }, { 'index.js': text('commonjs', 'old2') }, nested)
    targets.push({ specifier: 'nests', kind: 'commonjs' })
  }
  if (choices.chance(0.5)) {
    const type = choices.of(['module', 'commonjs'] as const)
    write('linked', { type, main: './index.js' }, { 'index.js': text(type, 'linked') }, `${folder}/packages/linked`)
    links[`${folder}/node_modules/linked`] = '../packages/linked'
    targets.push({ specifier: 'linked', kind: type })
  }
  return targets
}
