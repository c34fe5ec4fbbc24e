import { transformSync } from 'esbuild'
import { describe, expect, test } from 'vitest'
import { withoutData } from '../../src/bundle/topology-data.ts'

/** Returns a module of TypeScript as the JavaScript that its data is removed from. */
function javascript(source: string): string {
  return transformSync(source, { loader: 'ts', minifyWhitespace: true }).code
}

/** Removes the data from a module of TypeScript. Returns what is left, printed without blanks; undefined if it stays whole. */
function bare(source: string): string | undefined {
  const left = withoutData(javascript(source))
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
    b: (event) => /[,}]/.test(event) ? { retries: 1 } : \`\${{ a: 1, b: 2 }.a}, \`,
    async c(event) { return { memory: 1 } },
  },
}
`),
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

  test('from constants that are parts of it', () => {
    const parts = `const a = { handler: () => 1, memory: 1 }; const processors = { a, b: './b.js' };`
    expect(bare(`${parts} export default { processors, retries: 1 }`)).toBe(
      javascript(`const a = { handler: () => 1 }; const processors = { a }; export default { processors }`),
    )
  })

  test.each([
    ['a regular expression behind a bracket', `a: (x) => { if (x) /[(]'/.test(x) }`],
    ['divisions', `a: (x) => x / 2 / 1, b: (x) => x++ /2/ (x)/1`],
    ['nested templates', `a: (s) => \`a\${s ? \`b\${','}\` : '}'}\``],
    ['comments with brackets', `a: /* , */ function () { return 1 /* } */ }`],
    ['computed names, spreads and calls', `[name]: 1, ...others, a: make({ memory: 1 }), b: LONG`],
    ['a prototype', `__proto__: { a: 1 }, a: () => 1`],
    [
      'what a literal must not hold',
      `a: [1, ...x], b: [{ get c() { return 1 } }], d: \`\${e}\`, f: [/g/], h: { [i]: 1 }, j: -k`,
    ],
  ])('and leaves %s', (_, processors) => {
    const text = `export default { processors: { ${processors} }`
    expect(bare(`${text}, streams: [['a', 'b']] /* end */ }`)).toBe(bare(`${text} }`))
    expect(bare(`${text} }`)).toBe(javascript(`${text} }`))
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

  test('as to processors, if a handler reads its settings by `this`', () => {
    const methods = `a: { handler() { return this.memory }, memory: 1 }, b: { handler: f, memory: 1 }`
    expect(bare(`export default { processors: { ${methods} }, retries: 1 }`)).toBe(
      javascript(`export default { processors: { ${methods} } }`),
    )
    const classes = `class A { handler() { return this.a } }; export default { processors: { a: new A(), b: `
    expect(bare(`${classes}{ handler: f, memory: 1 } } }`)).toBe(javascript(`${classes}{ handler: f } } }`))
  })
})

test('data of any size is removed', () => {
  const left = bare(`export default { processors: { a: () => 1 }, input: [${'1,'.repeat(200_000)}] }`)
  expect(left).toBe(javascript(`export default { processors: { a: () => 1 } }`))
})
