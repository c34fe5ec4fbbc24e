import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CARRIER_RULES } from '../../src/carriers/table.ts'
import { buildGraph, parseTopology } from '../../src/project/parse.ts'
import { knownSettings, type Level } from '../../src/topology/known-settings.ts'
import type { Parsed } from '../../src/topology/parse.ts'

const options = { file: 'topology.json', modulesIn: (folder: string) => (folder === './p' ? ['a', 'b'] : undefined) }
const parse = (value: unknown): Parsed => parseTopology(value, options)

function expectSound({ topology, problems }: Parsed): void {
  const failed = problems.some(({ severity }) => severity === 'error')
  expect(topology === undefined).toBe(failed)
  for (const { where, what, remedy } of problems) for (const text of [where, what, remedy]) expect(text).not.toBe('')
}

describe('with any value', () => {
  const field = fc.constantFrom(
    'name',
    'processors',
    'processor',
    'streams',
    'input',
    'retries',
    'backoff',
    'timeout',
    'hopLimit',
    '__proto__',
  )
  const part = fc.constantFrom(
    'from',
    'to',
    'topic',
    'topics',
    'handler',
    'setup',
    'teardown',
    'path',
    'a',
    'b',
    'firstMs',
    'then',
    'default',
  )
  const leaf = fc.oneof(fc.constantFrom('a', 'b', './p', '', null, 0, -1, true), fc.jsonValue({ maxDepth: 1 }))
  const inner = fc.oneof(leaf, fc.array(leaf), fc.array(fc.array(leaf)), fc.dictionary(part, leaf))
  const near = fc.dictionary(field, fc.oneof(inner, fc.array(inner), fc.dictionary(part, inner)))

  it('parse returns a topology or its problems, and never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), near), (value) => expectSound(parse(value))),
      { numRuns: 500 },
    )
  })

  it('the same holds for values that JSON cannot represent', () => {
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withNullPrototype: true,
    })
    const odd = fc.oneof(
      anything,
      fc.func(anything),
      anything.map(async (value) => value),
    )
    const topology = fc.record(
      { name: odd, processors: odd, processor: odd, streams: odd, retries: odd },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(fc.oneof(odd, topology), (value) => expectSound(parse(value))),
      { numRuns: 500 },
    )
  })
})

const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_]{0,39}$/)
const handler = () => undefined

describe('every spelling', () => {
  const names = fc.uniqueArray(name, { minLength: 1, maxLength: 6 })
  const spellings: Record<string, (name: string) => unknown> = {
    path: (one) => `./${one}`,
    function: () => handler,
    handler: () => ({ handler }),
    'object with a path': (one) => ({ path: `./${one}` }),
    source: (one) => ({ source: `./${one}` }),
    instance: () =>
      new (class {
        handler() {}
      })(),
    module: () => Object.defineProperty({ default: handler }, '__esModule', { value: true }),
  }
  const topologies = names.chain((all) => {
    const edge = fc.record({
      from: fc.constantFrom(...all),
      to: fc.constantFrom(...all),
      topic: fc.string({ minLength: 1 }),
    })
    return fc.record({
      names: fc.constant(all),
      edges: fc.uniqueArray(edge, { minLength: 1, selector: ({ from, to }) => `${from} ${to}` }),
      spelling: fc.constantFrom(...Object.keys(spellings)),
    })
  })

  it('of the same topology returns the same graph', () => {
    fc.assert(
      fc.property(topologies, ({ names: all, edges, spelling }) => {
        const map = Object.fromEntries(all.map((one) => [one, spellings[spelling]!(one)]))
        const tuples = edges.map(({ from, to, topic }) => [from, to, topic])
        const lists = edges.map(({ from, to, topic }) => ({ from, to, topics: [topic, topic] }))
        const graphs = [
          { name: 't', processors: map, streams: edges },
          { name: 't', processors: () => map, streams: tuples },
          { name: 't', processors: () => new Map(Object.entries(map)), streams: () => lists },
          Object.defineProperty({ default: { name: 't', processors: map, streams: edges } }, '__esModule', {
            value: true,
          }),
        ].map((value) => graphOf(value))
        for (const graph of graphs) expect(graph).toEqual(graphs[0])
      }),
    )
  })

  it('of processors in the order of the streams equals that of a map', () => {
    fc.assert(
      fc.property(topologies, ({ edges, spelling }) => {
        const named = [...new Set(edges.flatMap(({ from, to }) => [from, to]))]
        fc.pre(named.every((one) => !/^\d+$/.test(one)))
        const map = Object.fromEntries(named.map((one) => [one, spellings[spelling]!(one)]))
        const built = { name: 't', processor: (one: string) => map[one], streams: edges }
        expect(graphOf(built)).toEqual(graphOf({ name: 't', processors: map, streams: edges }))
      }),
    )
  })

  function graphOf(value: unknown) {
    const { topology, problems } = parse(value)
    expect(problems).toEqual([])
    return buildGraph(topology!, { stage: 'dev' })
  }
})

it('all mistakes are reported at once', () => {
  const sound = { name: 't', processors: { a: './a', b: './b' }, streams: [['a', 'b']] as unknown[] }
  type Definition = Record<string, unknown> & { processors: object; streams: unknown[] }
  const mistakes: readonly ((given: Definition) => Definition)[] = [
    (given) => ({ ...given, name: '' }),
    (given) => ({ ...given, retries: -1 }),
    (given) => ({ ...given, timeout: 901 }),
    (given) => ({ ...given, hopLimit: 0 }),
    (given) => ({ ...given, unheardOf: true }),
    (given) => ({ ...given, backoff: { factor: 0.5 } }),
    (given) => ({ ...given, processors: { ...given.processors, broken: 7 } }),
    (given) => ({ ...given, processors: { ...given.processors, 'bad--name': './x' } }),
    (given) => ({ ...given, processors: { ...given.processors, two: { path: './x', source: './y' } } }),
    (given) => ({ ...given, processors: { ...given.processors, odd: { path: './x', callback: 1 } } }),
    (given) => ({ ...given, streams: [...given.streams, ['a', 'nobody']] }),
    (given) => ({ ...given, streams: [...given.streams, ['a', 'b', 'again']] }),
    (given) => ({ ...given, streams: [...given.streams, { from: 'a' }] }),
    (given) => ({ ...given, streams: [...given.streams, { from: 'b', to: 'a', topics: [] }] }),
    (given) => ({ ...given, streams: [...given.streams, 'a -> b'] }),
  ]
  fc.assert(
    fc.property(fc.subarray([...mistakes]), (made) => {
      const { problems } = parse(made.reduce((given, make) => make(given), sound as Definition))
      expect(problems).toHaveLength(made.length)
      expect(new Set(problems.map(({ where, what }) => where + what)).size).toBe(made.length)
    }),
  )
})

describe('settings whose own code throws, or that JSON cannot represent', () => {
  const throwing = (name: string) =>
    Object.defineProperty({}, name, {
      enumerable: true,
      get() {
        throw new Error('mine')
      },
    })
  const trap = () => {
    throw new Error('mine')
  }
  const revoked = () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    return proxy
  }
  const hostile: Readonly<Record<string, () => unknown>> = {
    'a BigInt': () => 10n,
    'a symbol': () => Symbol('x'),
    'a map with a BigInt': () => ({ a: 10n }),
    'a map with a symbol': () => ({ a: Symbol('x') }),
    'a list with a symbol': () => [Symbol('x')],
    'a getter that throws': () => throwing('a'),
    'an entry with a getter that throws': () => [throwing('a')],
    'a Proxy that throws': () => new Proxy({}, { ownKeys: trap, get: trap, has: trap }),
    'a revoked Proxy': revoked,
    'a function whose name throws': () => Object.defineProperty(() => 1, 'name', { get: trap }),
  }
  const processors = { a: { handler: () => 1 } }
  const structure = new Set([
    'name',
    'processors',
    'processor',
    'streams',
    'handler',
    'setup',
    'teardown',
    'path',
    'source',
    'receiver',
    'from',
    'to',
    'topic',
    'topics',
  ])
  const codeFor = (field: string) => (field === 'properties' ? { receiver: './log' } : { handler: () => 1 })
  const among = (level: Level, field: string, value: unknown) =>
    level === 'topology'
      ? { name: 'words', processors, [field]: value }
      : level === 'processor'
        ? { name: 'words', processors: { a: { ...codeFor(field), [field]: value } } }
        : { name: 'words', processors, streams: [{ from: 'a', to: 'a', [field]: value }] }

  for (const [what, make] of Object.entries(hostile)) {
    it(`${what} is refused with its place, in every field of every level`, () => {
      for (const level of ['topology', 'processor', 'stream'] as const) {
        for (const field of knownSettings(CARRIER_RULES).fields[level].filter(
          (name) => !structure.has(name) && `${level}.${name}` !== 'topology.input',
        )) {
          const parsed = parse(among(level, field, make()))
          expectSound(parsed)
          expect(parsed.topology, `${level}.${field}`).toBeUndefined()
          expect(parsed.problems.some(({ where }) => where.includes(field) || where.startsWith('stream'))).toBe(true)
        }
      }
    })
  }
})
