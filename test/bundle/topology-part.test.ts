import { transformSync } from 'esbuild'
import { describe, expect, test } from 'vitest'
import { topologyPart } from '../../src/bundle/topology-part.ts'

/** Returns a module of TypeScript as the JavaScript that its data is removed from. */
function javascript(source: string): string {
  return transformSync(source, { loader: 'ts', minifyWhitespace: true }).code
}

/** Options that know no other module. */
const ALONE = { names: ['a', 'b', 'c', 'd-e', 'f'], exportsOf: () => undefined, mayUseThis: () => true }

function withoutData(code: string, processor = 'a'): string | undefined {
  return topologyPart(code, { ...ALONE, processor })?.code
}

/** Removes the data from a module of TypeScript. Returns what is left, printed without blanks; undefined if it stays whole. */
function bare(source: string, processor = 'a'): string | undefined {
  const left = withoutData(javascript(source), processor)
  return left && javascript(left)
}

describe('plain data of a topology is removed', () => {
  test('streams, settings and comments go; code, names, lines and columns stay', () => {
    const source = javascript(`const greet = () => 'hi, { streams: 1 }'
export default {
  name: 'orders', retries: -3, // retried
  processors: {
    a: { handler: greet, memory: 256, environment: { URL: 'x' }, input: schema() },
    b: (event) => /[,}]/.test(event) ? { retries: 1 } : \`\${{ a: 1, b: 2 }.a}, \`,
    async c(event) { return { memory: 1 } },
    'd-e': { path: './d.js', "timeout": 5 }, // ours
    f: './f.js',
  },
  streams: [['a', 'b', 'text'], { from: 'b', to: 'c', batch: 10, }, , undefined, \`t\`],
}
`)
    const left = withoutData(source)!
    expect(left).toHaveLength(source.length)
    for (const [at, char] of [...left].entries()) expect([source[at], ' ']).toContain(char)
    expect(left.split('\n')).toHaveLength(source.split('\n').length)
    expect(javascript(left)).toBe(
      javascript(`const greet = () => 'hi, { streams: 1 }'
export default {
  name: 'orders',
  processors: {
    a: { handler: greet, input: schema() },
  },
}
`),
    )
    expect(javascript(withoutData(source, 'b')!)).toBe(
      javascript(`
export default {
  name: 'orders',
  processors: {
    a: { handler: greet, input: schema() },
    b: (event) => /[,}]/.test(event) ? { retries: 1 } : \`\${{ a: 1, b: 2 }.a}, \`,
  },
}
`).replace('export', 'const greet=()=>"hi, { streams: 1 }";export'),
    )
  })

  test.each([
    ['a constant', `const topology = {…}; export default topology`],
    [
      'a constant that is not alone',
      `const other = 1, topology = {…}; export default topology; { const x = y.topology }`,
    ],
    ['a variable', `let topology = {…}; export default topology`],
    ['types', `export default ({…} as const) satisfies Topology`],
    ['parentheses', `export default (({…}))`],
    ['CommonJS', `module.exports = {…}`],
    ['CommonJS of TypeScript', `const topology = {…}; export = topology`],
    ['defineTopology', `import { defineTopology } from 'attak'; export default defineTopology({…})`],
    [
      'another name of it',
      `import { Retry as R, defineTopology as define } from 'attak'; export default define<X>({…})`,
    ],
    ['a required one', `const { defineTopology } = require('attak'); module.exports = defineTopology({…})`],
    ['a required one of another name', `const { defineTopology: d } = require('attak'); module.exports = d({…})`],
    [
      'constants on the way',
      `import { defineTopology as d } from 'attak'; const a = {…}; const b = d(a); export default b`,
    ],
  ])('from %s', (_, form) => {
    const whole = `{ processors: { a: { handler: () => 1, memory: 2 } }, streams: [['a', 'b']] }`
    const left = bare(form.replace('{…}', () => whole))
    expect(left).toBe(javascript(form.replace('{…}', `{ processors: { a: { handler: () => 1 } } }`)))
  })

  test.each([
    ['beside names', `a: () => 1, b: { handler: wrap(() => 2), timeout: 3, tags: { x: 1 } }`],
    ['in a list', null],
  ])('from another processor that a call makes, %s', (_, named) => {
    const processors =
      named === null ? `[() => 1, { handler: wrap(() => 2), timeout: 3, tags: { x: 1 } }]` : `{ ${named} }`
    const text = `export default { processors: ${processors} }`
    const options = { ...ALONE, names: ['a', 'b'], processor: 'a' }
    const left = topologyPart(javascript(text), options)
    expect(left && javascript(left.code)).toBe(javascript(text.replace(', timeout: 3, tags: { x: 1 }', '')))
  })

  test('but not from an object whose computed name may be the processor', () => {
    const text = `export default { processors: { [name]: { handler: wrap(() => 2), memory: 3 } } }`
    expect(bare(text)).toBe(javascript(text))
  })

  test('from constants that are parts of it', () => {
    const parts = `const a = { handler: () => 1, memory: 1 }; const processors = { a, b: './b.js' };`
    expect(bare(`${parts} export default { processors, retries: 1 }`)).toBe(
      javascript(`const a = { handler: () => 1 }; const processors = { a }; export default { processors }`),
    )
  })

  test.each([
    ['a regular expression behind a bracket', `a: (x) => { if (x) /[(]'/.test(x) }`],
    ['divisions', `a: (x) => [x / 2 / 1, x++ /2/ (x)/1]`],
    ['nested templates', `a: (s) => \`a\${s ? \`b\${','}\` : '}'}\``],
    ['comments with brackets', `a: /* , */ function () { return 1 /* } */ }`],
    ['computed names, spreads and calls', `[name]: 1, ...others, a: make({ memory: 1 }), b: LONG`],
    ['a prototype', `__proto__: { a: 1 }, a: () => 1`],
    ['what a literal must not hold', `a: [1, ...x], b: [{ [c]: 1 }], d: \`\${e}\`, f: [/g/], h: { [i]: 1 }, j: -k`],
  ])('and leaves %s', (_, processors) => {
    const text = `export default { processors: { ${processors} }`
    expect(bare(`${text}, streams: [['a', 'b']] /* end */ }`)).toBe(bare(`${text} }`))
    expect(bare(`${text} }`)).toBe(javascript(`${text} }`))
  })
})

describe('what only other processors refer to is removed', () => {
  const left = (source: string, exported: Readonly<Record<string, readonly string[]>> = {}) => {
    const options = { ...ALONE, processor: 'a', exportsOf: (specifier: string) => exported[specifier] }
    const part = topologyPart(javascript(source), options)
    return part && { code: javascript(part.code), imports: Object.fromEntries(part.imports) }
  }
  const only = (source: string, imports: Readonly<Record<string, readonly string[]>>) => ({
    code: javascript(source),
    imports: Object.fromEntries(Object.entries(imports).map(([key, names]) => [key, new Set(names)])),
  })

  test('imports, names of imports, functions and constants, with everything that they refer to', () => {
    const source = `import './first'; import a, { b, z as c } from './x'; import d, * as e from './y'; import { f } from './f'
const { g } = require('./g'), h = (x) => d(x)
function i() { return h(g) }
export default { processors: { a, b, c, 'd-e': { handler: i, memory: 1 }, e: e.one, f: () => f() } }`
    expect(left(source)).toEqual(
      only(`import './first'; import a from './x'; export default { processors: { a } }`, {
        './first': ['*'],
        './x': ['default'],
      }),
    )
  })

  test('but not what is unreferenced, called, exported, or used by the rest', () => {
    const source = `import { setUp, b } from './y'; const never = () => 1
setUp(); export const c = () => 1; const d = () => 2; let e = () => d; e = 1
export default { processors: { a: () => 1, b, c, 'd-e': d, f: e, g: b.c.d } }`
    const rest = `'g': b.c.d`
    expect(left(source.replace('g: b.c.d', rest))).toEqual(
      only(source.replace(`b, c, 'd-e': d, f: e, g: b.c.d`, rest), { './y': ['setUp', 'b'] }),
    )
  })

  test('elements of a list, if all are written out', () => {
    expect(left(`import { p, q } from './x'; export default { processors: [p, q, () => 1, 'd.js', {}] }`)).toEqual(
      only(`import { p } from './x'; export default { processors: [p] }`, { './x': ['p'] }),
    )
    const spread = `import { p, q } from './x'; export default { processors: [p, ...q] }`
    expect(left(spread)).toBeUndefined()
  })

  test('exports of a module that is the processors, or is spread into them', () => {
    const exported = { './x': ['a', 'b'], './y': ['b'] }
    const whole = `import * as all from './x'; export default { processors: all }`
    expect(left(whole, exported)).toEqual(only(whole, { './x': ['a'] }))
    expect(left(whole)).toBeUndefined()
    const spread = (processors: string) =>
      left(
        `import * as x from './x'; import * as y from './y'; export default { processors: { ${processors} } }`,
        exported,
      )
    expect(spread('...x, ...y, c: y.b')).toEqual(
      only(`import * as x from './x'; export default { processors: { ...x } }`, { './x': ['a'] }),
    )
    expect(spread('a: y.b, ...x')).toEqual(
      only(`import * as x from './x'; import * as y from './y'; export default { processors: { a: y.b, ...x } }`, {
        './x': ['a'],
        './y': ['b'],
      }),
    )
    expect(spread('...x, a: y.b')?.imports).toEqual({ './y': new Set(['b']) })
  })
})

describe('a module stays whole', () => {
  const whole = `{ processors: { a: () => 1 }, streams: [['a', 'b']] }`

  test.each([
    ['if other code reads the topology', `const t = ${whole}; export default t; export const f = () => t.streams`],
    ['if it exports its constant, too', `const t = ${whole}; export default t; export { t }`],
    ['if other code reads the CommonJS exports', `module.exports = ${whole}; const f = () => module.exports.streams`],
    ['if another function receives the topology', `import { define } from './mine'; export default define(${whole})`],
    [
      'if defineTopology is not that of attak',
      `import { defineTopology } from './mine'; export default defineTopology(${whole})`,
    ],
    ['if a factory makes all processors', `export default { processors: () => ({}), streams: [['a', 'b']] }`],
    ['if a factory makes each processor', `export default { processor: (name) => () => name, streams: [['a', 'b']] }`],
    ['if it has accessors', `export default { get name() { return this.title }, title: 'a', processors: {} }`],
    ['if it is conditional', `export default x ? ${whole} : ${whole}`],
    ['if it has syntax that the parser does not know', `@dec class A {} export default ${whole}`],
    ['if it is nested too deeply', `export default { a: ${'['.repeat(9_000)}${']'.repeat(9_000)}, processors: {} }`],
    ['if it exports nothing', `const t = ${whole}`],
  ])('%s', (_, source) => {
    expect(withoutData(source.includes('[[[') ? source : javascript(source))).toBeUndefined()
  })

  test('with its processors, if a handler reads its settings by `this`', () => {
    const methods = `a: { handler() { return this.memory }, memory: 1 }, b: { handler: f, memory: 1 }`
    const text = `export default { processors: { ${methods} } }`
    expect(bare(text)).toBe(javascript(text.replace('f, memory: 1', 'f')))
    expect(bare(text, 'b')).toBe(javascript(`export default { processors: { b: { handler: f, memory: 1 } } }`))
    const classes = `class A { handler() { return this.a } }; export default { processors: { a: new A(), b: `
    expect(bare(`${classes}{ handler: () => 1, memory: 1 } } }`, 'b')).toBe(
      javascript(`${classes}{ handler: () => 1 } } }`),
    )
  })

  test.each(['setup', 'teardown'])('with its processor, if its %s may read settings by `this`', (name) => {
    const text = `export default { processors: { a: { handler: () => 1, ${name}() { return this.memory }, memory: 1 } } }`
    expect(bare(text)).toBe(javascript(text))
    const arrow = `export default { processors: { a: { handler: () => 1, ${name}: () => 2, memory: 1 } } }`
    expect(bare(arrow)).toBe(javascript(arrow.replace(', memory: 1', '')))
  })

  test.each([
    ['that a call makes', 'make()'],
    ['that no declaration shows', 'f'],
    ['of another module', 'imported'],
    ['that a variable holds', 'changed'],
  ])('with the settings of a handler %s', (_, handler) => {
    const source = `import { imported } from './x'; let changed = () => 1;
      export default { processors: { a: { handler: ${handler}, memory: 1 } } }`
    expect(bare(source)).toContain('memory')
  })
})

test('data of any size is removed', () => {
  const left = bare(`export default { processors: { a: () => 1 }, input: [${'1,'.repeat(200_000)}] }`)
  expect(left).toBe(javascript(`export default { processors: { a: () => 1 } }`))
})
