import { transformSync } from 'esbuild'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { topologyPart } from '../../src/bundle/topology-part.ts'

const comment = fc.constantFrom('', '', '/* , } */ ', '// { \' ` "\n', '/* `${ */', '/** streams: [1], */\n')
const name = fc.constantFrom('memory', 'timeout', 'streams', 'retries', 'input', "'log-retention'", '"tags"', '7')

/** Data as source, and code as source: an expression of `x`, and what a handler can be. */
const { data, expression } = fc.letrec<{ data: string; expression: string }>((tie) => ({
  data: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(
      '1',
      '-2.5',
      '0x1f',
      'true',
      'null',
      'undefined',
      "'it\\'s } // no'",
      '"/*"',
      '`[`',
      "'`${'",
      '`\n`',
    ),
    fc.tuple(comment, fc.array(tie('data'), { maxLength: 3 })).map(([c, all]) => `[${c}${all.join(', ')}]`),
    fc.tuple(name, comment, tie('data')).map(([key, c, value]) => `{ ${key}: ${c}${value}, }`),
  ),
  expression: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(
      'x',
      '1',
      "'}'",
      '/[/}\'"`(]/.test(x)',
      '[/a/g, x].length',
      '((y) => { if (y) /[)]/.test(y); return y })(x)',
    ),
    fc.tuple(tie('expression'), tie('expression')).map(([a, b]) => `(${a}) / 2 /(${b})`),
    fc.tuple(tie('expression'), comment).map(([a, c]) => `\`, }\${ ${c}${a} } \\\` \${\`{\${x}\`}\``),
    fc.tuple(name, tie('data'), tie('expression')).map(([key, d, e]) => `({ ${key}: ${d}, e: ${e} }).e`),
    fc.tuple(tie('expression'), comment).map(([e, c]) => `(function inner(y) { ${c} return <any>${e} })(x)`),
    fc.tuple(tie('expression'), tie('expression')).map(([a, b]) => `(x! ? ${a} : new (class { v = ${b} })().v)`),
  ),
}))

const handler = fc
  .tuple(
    fc.constantFrom('(x: any) => (…)', 'function (x) { return … }', '(x) => { const y = …; return [y] }'),
    comment,
    expression,
  )
  .map(([form, c, e]) => c + form.replace('…', () => e))

const property = fc.tuple(comment, name, data).map(([c, key, value]) => `${c}${key}: ${value}`)

const processor = fc.oneof(
  handler,
  expression.map((e) => `new (class { handler(x) { return ${e} } })()`),
  fc
    .tuple(fc.array(property, { maxLength: 2 }), handler, fc.array(property, { maxLength: 2 }), comment)
    .map(([before, code, after, c]) => `{ ${[...before, `handler: ${code}`, ...after].join(', ')}, ${c} }`),
  expression.map((e) => `{ memory: 1, handler(x) { return [${e}, this.memory] }, timeout: 2 }`),
  fc.constantFrom("'./a.js'", "{ path: './b.js', memory: 1 }"),
)

const topology = fc
  .tuple(
    fc.array(property, { maxLength: 3 }),
    fc.array(processor, { maxLength: 4 }),
    fc.array(property, { maxLength: 3 }),
    comment,
  )
  .map(([before, processors, after, c]) => {
    const listed = processors.map((one, index) => `${c}p${index}: ${one}`).join(', ')
    return `{ ${[...before, `processors: { ${listed} ${c} }`, "name: 'n'", ...after].join(', ')} ${c} }`
  })

const FORMS = [
  'export default …',
  'export default ((… satisfies X) as const)',
  'const topology = …\nexport default topology',
  'import { defineTopology as define } from "attak"\nconst topology: X = define<X>(…)\nexport default topology',
  'const { defineTopology } = require("attak")\nmodule.exports = defineTopology((…))',
  'const topology = …\nexport = topology',
]
const source = fc
  .tuple(fc.constantFrom(...FORMS), comment, expression, topology)
  .map(([form, c, e, whole]) => `${c}\nconst apart = (x) => ${e}\n${form.replace('…', () => whole)}\n`)

/** Loads a module. Returns its topology. */
function load(code: string) {
  const module: { exports: { default?: unknown } } = { exports: {} }
  const attak = { defineTopology: (definition: unknown) => definition }
  const run = new Function(
    'module',
    'exports',
    'require',
    transformSync(code, { format: 'cjs', minifyWhitespace: true }).code,
  )
  run(module, module.exports, () => attak)
  return (module.exports.default ?? module.exports) as { processors: Readonly<Record<string, unknown>> }
}

/** What can be seen of each inline processor of a topology: its code, and what it returns. */
function seenOf(code: string) {
  return Object.entries(load(code).processors).flatMap(([key, value]) => {
    const self = value as { handler?: (x: unknown) => unknown }
    const called = typeof value === 'function' ? (value as (x: unknown) => unknown) : self.handler
    if (called === undefined) return []
    return [{ key, text: String(called), results: [0, 8, '/}'].map((x) => called.call(self, x)) }]
  })
}

test('a random topology, reduced to what one processor needs, has a handler that does the same', () => {
  fc.assert(
    fc.property(source, (text) => {
      const code = transformSync(text, { loader: 'ts', minifyWhitespace: true }).code
      const names = Object.keys(load(code).processors)
      for (const processor of names) {
        const left = topologyPart(code, { processor, names, exportsOf: () => undefined, mayUseThis: () => true })!.code
        expect(left).toHaveLength(code.length)
        for (let at = 0; at < code.length; at++) {
          if (left[at] !== code[at] && (code[at] === '\n' || left[at] !== ' ')) expect(left).toBe(code)
        }
        const isOwn = ({ key }: { readonly key: string }) => key === processor
        expect(seenOf(left).filter(isOwn)).toEqual(seenOf(code).filter(isOwn))
        expect(Object.keys(load(left)).sort()).toEqual(['name', 'processors'])
        const others = Object.keys(load(left).processors).filter((name) => name !== processor)
        // An instance is made by a call, which may have effects.
        expect(others.filter((name) => typeof load(code).processors[name] === 'function')).toEqual([])
      }
    }),
    { numRuns: 300 },
  )
})
