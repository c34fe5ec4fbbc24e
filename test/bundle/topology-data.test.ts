import { describe, expect, test } from 'vitest'
import { withoutData } from '../../src/bundle/topology-data.ts'

/** Runs a module's text; its only export. */
function exportedBy(text: string): unknown {
  return new Function(`${text.replace('export default', 'return')}`)()
}

describe('of a topology, its plain data is taken out', () => {
  test('streams and settings go; code, names, lines and columns stay', () => {
    const source = `const greet = () => 'hi, { streams: 1 }'
export default {
  name: 'orders', retries: 3, // retried
  processors: {
    a: { handler: greet, memory: 256, environment: { URL: 'x' }, input: schema() },
    b: (event) => /[,}]/.test(event) ? { retries: 1 } : \`\${{ a: 1, b: 2 }.a}, \`,
    async c(event) { return { memory: 1 } },
    'd-e': { path: './d.js', "timeout": 5 }, // ours
    f: './f.js',
  },
  streams: [['a', 'b', 'text'], { from: 'b', to: 'c', batch: 10, }],
}
`
    const text = withoutData(source)
    expect(text).toHaveLength(source.length)
    expect(text.split('\n')).toHaveLength(source.split('\n').length)
    expect(text.replaceAll(/ +/g, ' ').replaceAll(/\s*\n/g, '\n')).toBe(`const greet = () => 'hi, { streams: 1 }'
export default {
 name: 'orders',
 processors: {
 a: { handler: greet, input: schema() },
 b: (event) => /[,}]/.test(event) ? { retries: 1 } : \`\${{ a: 1, b: 2 }.a}, \`,
 async c(event) { return { memory: 1 } },
 },
}
`)
  })

  test.each([
    [
      'a topology that other code can name',
      `const topology = { processors: { a: 1 }, retries: 1 }\nexport default topology\n`,
    ],
    ['a factory of processors', `export default { processors: () => ({}), streams: [['a', 'b']] }`],
    ['processors out of streams', `export default { processor: (name) => () => name, streams: [['a', 'b']] }`],
    [
      'values that are computed',
      `export default { processors: { a: { handler, memory: 2 * 64, timeout: LONG } }, streams: all() }`,
    ],
    ['what cannot be read', `export default { processors: { a: () => (x) /[(]/ }, streams: [['a', 'b']] }`],
  ])('%s stays as it is', (_, source) => {
    expect(withoutData(source)).toBe(source)
  })

  test.each([
    `export default { processors: { a: () => 4 / 2 / 1, b: { handler: (s) => s.split(/['"\`]/), retries: 2 } }, timeout: 1 }`,
    `export default { processors: { a: (s) => \`a\${s ? \`b\${','}\` : '}'}\`, b: { handler() { return '//' } } }, streams: [] /* end */ }`,
    `export default { retries: 1, processors: { 'a': /* , */ function () { return 1 /* } */ } } }`,
  ])('what is left is the same code: %s', (source) => {
    const left = exportedBy(withoutData(source)) as { processors: Record<string, unknown> }
    const all = exportedBy(source) as { processors: Record<string, unknown> }
    const textOf = (value: unknown) => String((value as { handler?: unknown }).handler ?? value)
    expect(Object.keys(left.processors)).toEqual(Object.keys(all.processors))
    for (const name of Object.keys(all.processors))
      expect(textOf(left.processors[name])).toBe(textOf(all.processors[name]))
    expect(Object.keys(left)).toEqual(['processors'])
  })
})
