import { describe, expect, it } from 'vitest'
import * as z from 'zod/mini'
import type { Problem } from '../../src/errors.ts'
import { parseTopology } from '../../src/project/parse.ts'
import type { Parsed } from '../../src/topology/parse.ts'
import type { Topology } from '../../src/topology/topology.ts'

const spout = (_event: unknown) => undefined
const reverse = (_event: unknown) => undefined
const folders: Record<string, readonly string[]> = { './processors': ['reverse', 'spout'], './empty': [] }

function parse(value: unknown): Parsed {
  return parseTopology(value, { file: 'topology.ts', modulesIn: (folder) => folders[folder] })
}

function parsed(value: unknown): Topology {
  const { topology, problems } = parse(value)
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
  return topology!
}

function told(value: unknown): readonly string[] {
  return parse(value).problems.map(tell)
}

function tell({ code, where, what, remedy }: Problem): string {
  return `[${code}] ${where}: ${what}. ${remedy}`
}

describe('what a deployed processor runs with', () => {
  it('can be set on the processor and on the topology, each in one form', () => {
    const topology = parsed({
      name: 't',
      memory: 512,
      tags: { team: 'a' },
      environment: ['API_KEY'],
      logRetention: 30,
      processors: {
        a: {
          path: './a',
          environment: { LOG_LEVEL: 'debug', DB_URL: true },
          vpc: { subnets: ['subnet-0a'], securityGroups: ['sg-0b'] },
          include: ['data/*.json'],
          external: ['@scope/native', 'sharp'],
          invokes: ['b'],
          concurrency: 5,
        },
        b: './b',
      },
    })
    expect(topology).toMatchObject({
      memory: 512,
      tags: { team: 'a' },
      environment: { API_KEY: { kind: 'taken' } },
      logRetention: 30,
    })
    expect(topology.processors[0]).toMatchObject({
      environment: { LOG_LEVEL: { kind: 'value', value: 'debug' }, DB_URL: { kind: 'taken' } },
      vpc: { subnets: ['subnet-0a'], securityGroups: ['sg-0b'] },
      include: ['data/*.json'],
      external: ['@scope/native', 'sharp'],
      invokes: ['b'],
      concurrency: 5,
    })
  })

  it.each<[object, string]>([
    [{ memory: 100 }, 'processors.a.memory: memory must be a whole number of MB from 128 to 10240; got 100'],
    [{ runtime: 'nodejs18.x' }, 'processors.a.runtime: runtime must be "nodejs22.x" or "nodejs24.x"; got "nodejs18.x"'],
    [{ role: 'admin' }, 'processors.a.role: role must be the ARN of a role'],
    [{ tags: { 'aws:x': '1' } }, 'processors.a.tags: tags must be a map of up to 40 names'],
    [{ tags: { a: 1 } }, 'processors.a.tags: tags must be a map of up to 40 names'],
    [{ tags: { a: null } }, 'processors.a.tags: tags must be a map of up to 40 names'],
    [{ include: ['../secrets'] }, 'processors.a.include: include must be a list of globs, relative and without ".."'],
    [{ external: ['./file.js'] }, 'processors.a.external: external must be a list of packages'],
    [{ vpc: { subnets: [] } }, 'processors.a.vpc: vpc must be { subnets, securityGroups }'],
    [{ environment: 'KEY' }, 'processors.a.environment: environment must be a list or a map; got "KEY"'],
    [{ environment: ['1ST'] }, 'processors.a.environment: the variable "1ST" must be two or more letters'],
    [
      { environment: { AWS_REGION: 'x' } },
      'processors.a.environment: the variable "AWS_REGION" is set by the platform or by attak (topology.ts). Remove it: your code can read it anyway.',
    ],
    [{ environment: { PORT: 80 } }, 'processors.a.environment: PORT must be a text or true; got 80'],
    [{ logRetention: 14 }, 'processors.a.logRetention: a processor has no setting "logRetention"'],
    [{ invokes: ['bb'] }, 'processors.a.invokes: no processor named "bb"'],
  ])('must be valid: %j', (settings, problem) => {
    const [first, ...others] = told({ name: 't', processors: { a: { path: './a', ...settings }, b: './b' } })
    expect(first).toContain(`] ${problem}`)
    expect(others).toEqual([])
  })

  it('suggests a processor for a misspelled invoke', () => {
    const [problem] = told({ name: 't', processors: { a: { path: './a', invokes: ['bill'] }, billing: './b' } })
    expect(problem).toMatch(/TOPOLOGY_UNKNOWN_PROCESSOR.*Did you mean "billing"\?/)
  })
})

it.each([
  ['src/index.handler', 'Write path: "./src/index".'],
  ['../lib/bill.charge', 'Write path: "../lib/bill", and export charge there as handler.'],
  ['./a.mjs', 'Write path: "./a.mjs" instead.'],
])('a handler that is the text %j is refused with the path to write', (handler, remedy) => {
  const what = `a handler must be a function; got "${handler}" (topology.ts)`
  expect(told({ name: 't', processors: { a: { handler } } })).toEqual([
    `[PROCESSOR_NO_HANDLER] processors.a.handler: ${what}. ${remedy}`,
  ])
})

describe('processors', () => {
  const named = (processors: unknown) => parsed({ name: 't', processors }).processors

  it('are paths', () => {
    expect(named({ reverse: './processors/reverse' })).toEqual([
      { name: 'reverse', namedByIndex: false, source: { kind: 'module', path: './processors/reverse' } },
    ])
  })

  it('are functions', () => {
    expect(named({ reverse })[0]?.source).toEqual({ kind: 'inline', handler: reverse })
  })

  it('are objects with a handler and settings, and `this` is the object', () => {
    const input = z.string()
    const given = { handler: reverse, retries: 2, timeout: 0.5, callback: true, backoff: { firstMs: 5 }, input }
    expect(named({ reverse: given })).toEqual([
      {
        name: 'reverse',
        namedByIndex: false,
        source: { kind: 'inline', handler: reverse, self: given },
        retries: 2,
        timeoutMs: 500,
        callback: true,
        backoff: { firstMs: 5 },
        input,
      },
    ])
  })

  it.each(['path', 'source'])('are objects with a %s and settings', (field) => {
    const [processor] = named({ reverse: { [field]: './r', retries: 1 } })
    expect(processor).toMatchObject({ source: { kind: 'module', path: './r' }, retries: 1 })
  })

  it('are instances, whose own fields are no settings', () => {
    class Counter {
      retries = 'many'
      count = 0
      handler() {
        this.count++
      }
    }
    const counter = new Counter()
    expect(named({ counter })).toEqual([
      { name: 'counter', namedByIndex: false, source: { kind: 'inline', handler: counter.handler, self: counter } },
    ])
  })

  it('are objects that inherit their handler', () => {
    const counter = Object.assign(Object.create({ handler: reverse }), { count: 0 })
    expect(named({ counter })[0]?.source).toEqual({ kind: 'inline', handler: reverse, self: counter })
  })

  it('are modules, whose other exports are no settings', () => {
    const compiled = Object.defineProperty({ default: reverse, other: 1 }, '__esModule', { value: true })
    const bundled = Object.defineProperties(
      {},
      { handler: { get: () => reverse, enumerable: true }, other: { get: () => 1, enumerable: true } },
    )
    const sources = named({ compiled, bundled }).map(({ source }) => source)
    expect(sources).toEqual([
      { kind: 'inline', handler: reverse },
      { kind: 'inline', handler: reverse },
    ])
  })

  it('are the modules of a folder, in order of name', () => {
    expect(named('./processors').map(({ name, source }) => [name, source])).toEqual([
      ['reverse', { kind: 'module', path: './processors/reverse' }],
      ['spout', { kind: 'module', path: './processors/spout' }],
    ])
  })

  it('are named by their module with "-" for dots and spaces', () => {
    const modulesIn = () => ['file.export', 'a b']
    const { topology } = parseTopology({ name: 't', processors: './p/' }, { file: 't.ts', modulesIn })
    expect(topology?.processors.map(({ name, source }) => [name, source])).toEqual([
      ['a-b', { kind: 'module', path: './p/a b' }],
      ['file-export', { kind: 'module', path: './p/file.export' }],
    ])
  })

  it('are the result of a function', () => {
    expect(named(() => ({ spout, reverse })).map(({ name }) => name)).toEqual(['spout', 'reverse'])
    expect(named(() => new Map([['spout', spout]])).map(({ name }) => name)).toEqual(['spout'])
    expect(named(() => [spout, reverse]).map(({ name }) => name)).toEqual(['spout', 'reverse'])
    expect(named(() => './processors').map(({ name }) => name)).toEqual(['reverse', 'spout'])
  })

  it('in a list are named by their function or path when that is unique, else by index with a warning', () => {
    const list = [spout, { handler: reverse, retries: 1 }, './p/bill.ts', () => 1, { handler() {} }, reverse]
    const { topology, problems } = parse({ name: 't', processors: list })
    expect(topology?.processors.map(({ name, namedByIndex }) => [name, namedByIndex])).toEqual([
      ['spout', false],
      ['1', true],
      ['bill', false],
      ['3', true],
      ['4', true],
      ['5', true],
    ])
    expect(problems.map(({ code, severity, where }) => [code, severity, where])).toEqual(
      [1, 3, 4].map((index) => ['TOPOLOGY_NAMED_BY_INDEX', 'warning', `processors[${index}]`]),
    )
  })

  it('in a list with one name for several give one warning with a remedy', () => {
    const { problems } = parse({ name: 't', processors: [spout, reverse, reverse] })
    expect(problems.map(({ where, what, remedy }) => [where, what, remedy])).toEqual([
      [
        'processors[1]',
        'two functions are named "reverse"; they are called "1" and "2" here (topology.ts)',
        'Write processors as a map: { reverse, other: reverse }.',
      ],
    ])
    const others = parse({ name: 't', processors: ['./a/bill', './b/bill', './c/bill'] }).problems
    expect(others.map(({ what }) => what)).toEqual([
      '3 processors are named "bill"; they are called "0", "1" and "2" here (topology.ts)',
    ])
  })

  it('in a list without names give one warning with their names', () => {
    const warnings = (list: readonly unknown[]) => parse({ name: 't', processors: list }).problems
    const tell = ({ where, what, remedy }: Problem) => `${where}: ${what}. ${remedy}`
    expect(warnings([spout, () => 1, () => 2]).map(tell)).toEqual([
      'processors[1]: two functions have no name; they are called "1" and "2" here (topology.ts). Name the functions, or write processors as a map.',
    ])
    expect(warnings([() => 1, () => 2, () => 3, () => 4]).map(({ what }) => what)).toEqual([
      '4 functions have no name; they are called "0" to "3" here (topology.ts)',
    ])
  })

  it('are built by a function from the names in the streams', () => {
    const built: string[] = []
    const processor = (name: string) => {
      built.push(name)
      return name === 'a' ? spout : { path: `./${name}` }
    }
    const topology = parsed({
      name: 't',
      processor,
      streams: [
        ['a', 'b'],
        ['b', 'c'],
        ['c', 'a'],
      ],
    })
    expect(built).toEqual(['a', 'b', 'c'])
    expect(topology.processors.map(({ source }) => source.kind)).toEqual(['inline', 'module', 'module'])
  })
})

describe('streams', () => {
  const between = (streams: unknown) => parsed({ name: 't', processors: { a: './a', b: './b' }, streams }).streams

  it('are tuples, objects, or the result of a function', () => {
    const expected = [
      { from: 'a', to: 'b' },
      { from: 'b', to: 'a', topics: ['x'] },
    ]
    expect(
      between([
        ['a', 'b'],
        ['b', 'a', 'x'],
      ]),
    ).toEqual(expected)
    expect(
      between([
        { from: 'a', to: 'b' },
        { from: 'b', to: 'a', topic: 'x' },
      ]),
    ).toEqual(expected)
    expect(between(() => [['a', 'b', undefined], { from: 'b', to: 'a', topics: ['x'] }])).toEqual(expected)
  })

  it('carry settings', () => {
    expect(between([{ from: 'a', to: 'b', retries: 3, backoff: { jitter: false } }])).toEqual([
      { from: 'a', to: 'b', retries: 3, backoff: { jitter: false } },
    ])
  })

  it('may join the same processors by different topics', () => {
    expect(
      between([
        ['a', 'b', 'x'],
        ['a', 'b', 'y'],
        ['b', 'a'],
        ['a', 'a'],
      ]),
    ).toHaveLength(4)
  })
})

describe('modules', () => {
  const topology = { name: 't', processors: { spout } }

  it('export the topology as default, wrapped once or twice, or setting by setting', () => {
    const wrap = (value: object) => Object.defineProperty(value, Symbol.toStringTag, { value: 'Module' })
    const compiled = Object.defineProperty({ default: topology }, '__esModule', { value: true })
    for (const value of [
      wrap({ default: topology }),
      wrap({ default: compiled }),
      wrap({ ...topology, spout, helper: 1 }),
    ]) {
      expect(parsed(value)).toEqual(parsed(topology))
    }
  })
})

describe('problems', () => {
  it('are reported at once, in the order of the topology', () => {
    expect(
      told({
        processors: { orders: './orders', billing: { path: './billing', retries: '3', timout: 3 }, 'a b': './c' },
        streams: [['orders', 'bill'], { to: 'orders' }, ['orders', 'billing'], ['orders', 'billing', 'paid']],
        retry: 1,
      }),
    ).toMatchInlineSnapshot(`
      [
        "[TOPOLOGY_INVALID] name: the topology has no name (topology.ts). Add name: 'my-topology'.",
        "[TOPOLOGY_UNKNOWN_SETTING] retry: a topology has no setting "retry" (topology.ts). Did you mean "retries"?",
        "[TOPOLOGY_UNKNOWN_SETTING] processors.billing.timout: a processor has no setting "timout" (topology.ts). Did you mean "timeout"?",
        "[TOPOLOGY_INVALID] processors.billing.retries: retries must be a whole number from 0 to 1000; got "3" (topology.ts). Set retries to a whole number from 0 to 1000, or leave it out.",
        "[TOPOLOGY_INVALID] processors["a b"]: the name "a b" must be 1 to 40 letters, digits, "-" and "_", begin with a letter or digit, and hold no "--" (topology.ts). Rename it, for example to "a-b".",
        "[TOPOLOGY_INVALID] streams[1]: has no from (topology.ts). Write [from, to], [from, to, topic], or { from, to, topic or topics }.",
        "[TOPOLOGY_UNKNOWN_PROCESSOR] stream "orders → bill": no processor named "bill" (topology.ts). Did you mean "billing"? Rename the target, or add processors.bill.",
        "[TOPOLOGY_DUPLICATE_STREAM] stream "orders → billing": "billing" would receive topic "paid" from "orders" twice (topology.ts). Remove one of the two streams, or give them topics that differ.",
      ]
    `)
  })

  it.each<[string, () => unknown, string]>([
    ['nothing', () => undefined, 'nothing is exported'],
    ['null', () => null, 'null is exported, which is not a topology'],
    ['a list', () => [], 'a list is exported, which is not a topology'],
    ['a function', () => spout, 'the function spout is exported, which is not a topology'],
    ['a promise', () => Promise.reject(new Error('unseen')), 'what is exported is a promise'],
    ['an instance', () => new Date(0), 'an instance of a class is exported, which is not a topology'],
    ['a string', () => 'hello', '"hello" is exported, which is not a topology'],
  ])('name what is exported instead of a topology: %s', (_, make, what) => {
    const { topology, problems } = parse(make())
    expect(topology).toBeUndefined()
    expect(problems.map((problem) => [problem.where, problem.what])).toEqual([['topology', `${what} (topology.ts)`]])
  })
})

describe('a problem', () => {
  const sound = { name: 't', processors: { a: './a', b: './b' } }
  const boom = () => {
    throw new Error('boom')
  }
  class Reverse {
    handler() {}
  }

  it.each<[title: string, given: object, expected: string]>([
    ['an empty name', { name: '' }, "[TOPOLOGY_INVALID] name: the topology's name is empty"],
    ['no processors', { processors: undefined }, '[TOPOLOGY_INVALID] processors: the topology has no processors'],
    ['an empty map', { processors: {} }, '[TOPOLOGY_INVALID] processors: there is no processor in it'],
    ['no folder', { processors: './nowhere' }, '[PROCESSOR_NOT_FOUND] processors: there is no folder "./nowhere"'],
    [
      'an empty folder',
      { processors: './empty' },
      '[TOPOLOGY_EMPTY_FOLDER] processors: the folder "./empty" has no modules',
    ],
    ['a function that throws', { processors: boom }, '[TOPOLOGY_LOAD_FAILED] processors: failed: boom'],
    ['streams that throw', { streams: boom }, '[TOPOLOGY_LOAD_FAILED] streams: failed: boom'],
    [
      'a promise of streams',
      { streams: async () => [] },
      '[TOPOLOGY_INVALID] streams: returns a promise, but attak reads a topology synchronously',
    ],
    [
      'a missing import',
      { processors: { a: undefined } },
      '[TOPOLOGY_INVALID] processors.a: a processor cannot be undefined',
    ],
    [
      'a promised module',
      { processors: { a: Promise.resolve() } },
      '[TOPOLOGY_INVALID] processors.a: is a promise; to use a module, give its path',
    ],
    [
      'a class',
      { processors: { a: Reverse } },
      '[PROCESSOR_NO_HANDLER] processors.a: the class Reverse cannot be called as a handler',
    ],
    [
      'an instance without handler',
      { processors: { a: new Date(0) } },
      '[PROCESSOR_NO_HANDLER] processors.a: the instance of Date has no handler method',
    ],
    [
      'no handler',
      { processors: { a: { retries: 1 } } },
      '[PROCESSOR_NO_HANDLER] processors.a: has neither handler, path nor receiver',
    ],
    [
      'two handlers',
      { processors: { a: { handler: spout, path: './a' } } },
      '[TOPOLOGY_INVALID] processors.a: has handler and path, but its code can be in only one place',
    ],
    ['an empty path', { processors: { a: ' ' } }, '[TOPOLOGY_INVALID] processors.a: the path is empty'],
    [
      'no schema',
      { processors: { a: { path: './a', input: {} } } },
      '[TOPOLOGY_INVALID] processors.a.input: input must be a schema of a library that speaks Standard Schema; got {}',
    ],
    [
      'a backoff',
      { backoff: { firstMs: 'soon' } },
      '[TOPOLOGY_INVALID] backoff.firstMs: firstMs must be a whole number of milliseconds from 0 to 86400000; got "soon"',
    ],
    [
      'a setting of another level',
      { callback: true },
      '[TOPOLOGY_UNKNOWN_SETTING] callback: a topology has no setting "callback"',
    ],
    [
      'streams that are no list',
      { streams: { a: 'b' } },
      '[TOPOLOGY_INVALID] streams: streams must be a list; got {"a":"b"}',
    ],
    [
      'a long tuple',
      { streams: [['a', 'b', 'c', 'd']] },
      '[TOPOLOGY_INVALID] streams[0]: a stream as a list has two or three elements; got ["a","b","c","d"]',
    ],
    [
      'an empty topic',
      { streams: [['a', 'b', '']] },
      '[TOPOLOGY_INVALID] stream "a → b": a topic must be a string that is not empty; got ""',
    ],
    [
      'two kinds of topics',
      { streams: [{ from: 'a', to: 'b', topic: 'x', topics: ['y'] }] },
      '[TOPOLOGY_INVALID] stream "a → b": both topic and topics are given',
    ],
    [
      'the same edge twice',
      {
        streams: [
          ['a', 'b'],
          ['a', 'b'],
        ],
      },
      '[TOPOLOGY_DUPLICATE_STREAM] stream "a → b": "b" would receive everything from "a" twice',
    ],
    [
      'the same edge three times, reported once',
      { streams: Array.from({ length: 3 }, () => ['a', 'b']) },
      '[TOPOLOGY_DUPLICATE_STREAM] stream "a → b": "b" would receive everything from "a" twice',
    ],
    [
      'topics that are refused, which are then not everything',
      { streams: [['a', 'b', 'x'], { from: 'a', to: 'b', topics: [] }] },
      '[TOPOLOGY_INVALID] stream "a → b": topics must be a list of strings that are not empty; got []',
    ],
    [
      'processors and processor',
      { processor: () => spout },
      '[TOPOLOGY_INVALID] processor: both processors and processor are given',
    ],
    [
      'a factory without streams',
      { processors: undefined, processor: () => spout },
      '[TOPOLOGY_INVALID] processor: processor builds the processors that streams name, and there are no streams',
    ],
    [
      'a factory that throws',
      { processors: undefined, processor: boom, streams: [['a', 'a']] },
      '[TOPOLOGY_LOAD_FAILED] processor("a"): failed: boom',
    ],
    [
      'a factory that gives nothing',
      { processors: undefined, processor: () => undefined, streams: [['a', 'a']] },
      '[TOPOLOGY_INVALID] processor("a"): a processor cannot be undefined',
    ],
  ])('of %s is reported alone', (_, given, expected) => {
    const { problems } = parse({ ...sound, ...given })
    expect(problems.map(({ code, where, what }) => `[${code}] ${where}: ${what}`)).toEqual([
      `${expected} (topology.ts)`,
    ])
  })

  it('of code that threw has its stack', () => {
    expect(parse({ ...sound, streams: boom }).problems[0]?.stack).toContain('parse.test.ts')
  })

  it('of modules whose names clash names both', () => {
    const modulesIn = () => ['a.b', 'a b']
    const { problems } = parseTopology({ name: 't', processors: './p' }, { file: 't.ts', modulesIn })
    expect(problems.map(({ where, what }) => `${where}: ${what}`)).toEqual([
      './p/a.b: ./p/a b has the name "a-b" too (t.ts)',
    ])
  })
})

it('a topology that is not the default export is reported with its export', () => {
  const module = (exports: object) => Object.assign(Object.create(null), { __esModule: true, ...exports })
  const topology = { name: 't', processors: { a: spout } }
  const { problems } = parse(Object.defineProperty(module({ topology }), '__esModule', { enumerable: false }))
  expect(problems.map(({ what, remedy }) => `${what}: ${remedy}`)).toEqual([
    'the topology is exported as topology, and not as the default export (topology.ts): Write: export default topology',
  ])
})

describe('a topology without a name', () => {
  const parseIn = (packageName: string | undefined) =>
    parseTopology(
      { processors: { a: spout } },
      { file: 'topology.ts', nameOfPackage: () => packageName, modulesIn: () => undefined },
    )

  it.each([
    ['my-app', 'my-app'],
    ['@scope/my-app', 'my-app'],
    ['my.app', 'my-app'],
  ])('has the name of its package %s: %s, with a warning', (packageName, expected) => {
    const { topology, problems } = parseIn(packageName)
    expect(topology?.name).toBe(expected)
    expect(problems.map(tell)).toEqual([
      `[TOPOLOGY_UNNAMED] name: the topology has no name, so it takes the name of its package, "${expected}" (topology.ts). Add name: '${expected}'. Deploying needs a name.`,
    ])
  })

  it.each([undefined, '', '@scope/', '..'])('is refused if the name of the package is %j', (packageName) => {
    expect(parseIn(packageName).problems.map(tell)).toEqual([
      "[TOPOLOGY_INVALID] name: the topology has no name (topology.ts). Add name: 'my-topology'.",
    ])
  })
})

describe('setup and teardown', () => {
  const sourceOf = (a: unknown) => parsed({ name: 't', processors: { a } }).processors[0]?.source

  it('are functions of a processor with a handler, and of an instance', () => {
    const given = { handler: reverse, setup: () => 'up', teardown: () => 'down' }
    expect(sourceOf(given)).toMatchObject({ setup: expect.any(Function), teardown: expect.any(Function) })
    expect(Object.keys(parsed({ name: 't', processors: { a: given } }).processors[0]!)).not.toContain('setup')
    class Counter {
      handler() {}
      setup() {
        return this
      }
    }
    const counter = new Counter()
    const source = sourceOf(counter)
    expect(source?.kind === 'inline' && source.setup?.({} as never)).toBe(counter)
  })

  it('are refused beside a path, and if they are no functions', () => {
    expect(told({ name: 't', processors: { a: { path: './a', setup: () => 1 } } })).toEqual([
      '[TOPOLOGY_INVALID] processors.a.setup: setup belongs to the code of a processor (topology.ts). Export setup from its module.',
    ])
    expect(told({ name: 't', processors: { a: { handler: reverse, teardown: 5 } } })).toEqual([
      '[TOPOLOGY_INVALID] processors.a.teardown: teardown must be a function; got 5 (topology.ts). Give a function: teardown(resources) { return resources.close() }.',
    ])
  })
})
