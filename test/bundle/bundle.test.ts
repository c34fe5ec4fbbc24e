import { cpSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { projectFolder, writeFiles } from '../project/folder.ts'
import { artifactsOf, type Files, problemsOf, runBeside, textsOf } from './bundled.ts'

const TOPOLOGY = `import { defineTopology } from 'attak'
import { inc } from './lib/numbers.ts'
export default defineTopology({
  name: 'shop',
  processors: { intake: './processors/intake.ts', billing: './processors/billing.ts', report: (n: number) => inc(n) },
  streams: [['intake', 'billing', 'paid'], ['billing', 'report']],
})`
const SHOP: Files = {
  'topology.ts': TOPOLOGY,
  'processors/intake.ts': `import { inc } from '../lib/numbers.ts'
export async function handler(n: number, context: { emit(topic: string, data: unknown): Promise<void> }) {
  await context.emit('paid', inc(n))
}`,
  'processors/billing.ts': `import { inc, double } from '../lib/numbers.ts'
import { slug } from 'slugs'
export default function billing(n: number) { return slug(String(double(inc(n)))) }`,
  'lib/numbers.ts': `export const inc = (n: number): number => n + 1
export const double = (n: number): number => n * 2
export const unused = 'nobody imports this'`,
  'node_modules/slugs/package.json':
    '{ "name": "slugs", "version": "1.0.0", "type": "module", "main": "index.js", "sideEffects": false }',
  'node_modules/slugs/index.js': `export const slug = (text) => 'slug-' + text\nexport const other = 'other things of slugs'`,
}

describe('the artifact of a processor', () => {
  test('contains only what its module imports, with packages minified', async () => {
    const { intake, billing } = await artifactsOf(projectFolder(SHOP))
    expect(intake!.handler).toBe('index.handler')
    const code = await textsOf(billing!)
    expect([...code.keys()]).toEqual([
      'attak-packages/slugs+index.js.mjs',
      'attak.mjs',
      'index.mjs',
      'lib/numbers.ts.mjs',
      'lib/numbers.ts.mjs.map',
      'processors/billing.ts.mjs',
      'processors/billing.ts.mjs.map',
    ])
    expect(code.get('lib/numbers.ts.mjs')).toContain('n * 2')
    expect(code.get('attak-packages/slugs+index.js.mjs')).toContain('"slug-"')
    expect([...code.values()].join('')).not.toContain('other things of slugs')
    expect([...(await textsOf(intake!)).values()].join('')).not.toContain('slug')
  })

  test('contains its routes as data, and nothing else of the topology', async () => {
    const { intake } = await artifactsOf(projectFolder(SHOP))
    const code = (await textsOf(intake!)).get('index.mjs')!
    expect(code).toContain('"byTopic":{"paid":[0]}')
    expect(code).not.toContain('report')
  })

  test('makes spans with the OpenTelemetry of the project, and does not change without it', async () => {
    const files = { ...SHOP, 'package.json': '{}' }
    const without = await artifactsOf(projectFolder(files))
    const folder = projectFolder({ ...files, 'package.json': '{ "dependencies": { "@opentelemetry/api": "^1.9.0" } }' })
    const apiFolder = 'node_modules/@opentelemetry/api'
    cpSync(resolve(apiFolder), join(folder, apiFolder), { recursive: true })
    const { intake } = await artifactsOf(folder)
    const code = (await textsOf(intake!)).get('index.mjs')!
    expect(code).toMatch(/import \{ createSpans \} from "\.\/attak\.mjs"/)
    expect(code).toMatch(/import \{[^}]* trace[^}]*\} from "\.\/attak-packages\//)
    const script = `const { handler } = await import('./index.mjs'); console.log(typeof handler)`
    expect(await runBeside(intake!, projectFolder({}), script)).toBe('function\n')
    const plain = [...(await textsOf(without.intake!)).values()].join('')
    expect(plain).not.toMatch(/opentelemetry|createSpans|messaging\.system/)
  })

  test('contains only the parts of attak that its processor and streams need', async () => {
    const files = (via: string, invokes: string, errors: string, idempotent: boolean) => ({
      'topology.json': `{ "name": "parts", "errors": ${errors}, "processors": { "a": { "path": "./a.js", "invokes": ${invokes}, "idempotent": ${idempotent} }, "b": "./b.js" },
        "streams": [{ "from": "a", "to": "b", "via": "${via}" }] }`,
      'a.js': 'export const handler = () => {}',
      'b.js': 'export const handler = () => {}',
    })
    const partsOf = async (via: string, { invokes = '[]', errors = '"dynamodb"', idempotent = false } = {}) => {
      const { a } = await artifactsOf(projectFolder(files(via, invokes, errors, idempotent)))
      const code = (await textsOf(a!)).get('attak.mjs')!
      const calls = ['PutRecords', 'SendMessageBatch', '/invocations', 'PutItem', 's3:PutObject', 'DeleteItem']
      return calls.filter((text) => code.includes(text))
    }
    expect(await partsOf('kinesis')).toEqual(['PutRecords', 'PutItem'])
    expect(await partsOf('sqs')).toEqual(['SendMessageBatch', 'PutItem'])
    expect(await partsOf('kinesis', { invokes: '["b"]' })).toEqual(['PutRecords', '/invocations', 'PutItem'])
    expect(await partsOf('kinesis', { errors: '{}' })).toEqual(['PutRecords', 'SendMessageBatch'])
    expect(await partsOf('kinesis', { idempotent: true })).toEqual(['PutRecords', 'PutItem', 'DeleteItem'])
    expect(await partsOf('sqs', { errors: '{ "store": "s3", "bucket": "mine" }' })).toEqual([
      'SendMessageBatch',
      's3:PutObject',
    ])
  })

  test("has a source map to the user's lines, without their text, and stacks show these lines", async () => {
    const folder = projectFolder({
      ...SHOP,
      'processors/billing.ts': `import { slug } from 'slugs'
interface Order { readonly id: string }

export async function handler(order: Order): Promise<void> {
  throw new Error(slug(order.id))
}`,
    })
    const { billing } = await artifactsOf(folder)
    const map = JSON.parse((await textsOf(billing!)).get('processors/billing.ts.mjs.map')!)
    expect(map.sources).toEqual(['billing.ts'])
    expect(map.sourcesContent).toBeUndefined()
    const script = `const { load } = await import('./index.mjs')
      await load('billing').handler({ id: 'a' }).catch((error) => console.log(error.stack))`
    expect(await runBeside(billing!, folder, script, '--enable-source-maps')).toMatch(
      /Error: slug-a\n\s+at (?:Object\.)?handler \(.*processors\/billing\.ts:5:9\)/,
    )
  })

  test('keeps the paths of modules relative to the topology', async () => {
    const folder = projectFolder({
      'topology.json':
        '{ "name": "places", "include": ["data"], "processors": { "a": "./deep/a.ts", "b": "./b.cjs" } }',
      'deep/a.ts': `import { readFileSync } from 'node:fs'
export const handler = () => [readFileSync(new URL('../data/a.txt', import.meta.url), 'utf8'), import.meta.dirname]`,
      'b.cjs': `const { readFileSync } = require('node:fs')
exports.handler = () => [readFileSync(__dirname + '/data/a.txt', 'utf8'), __filename]`,
      'data/a.txt': 'included',
      'package.json': '{ "name": "places" }',
    })
    const { a, b } = await artifactsOf(folder)
    const script = (name: string) => `console.log((await import('./index.mjs')).load('${name}').handler().join())`
    const [placeOfA, placeOfB] = [join(folder, 'out-a'), join(folder, 'out-b')]
    expect(await runBeside(a!, placeOfA, script('a'))).toBe(`included,${join(placeOfA, 'deep')}\n`)
    expect(await runBeside(b!, placeOfB, script('b'))).toBe(`included,${join(placeOfB, 'b.cjs')}\n`)
  })

  test('contains CommonJS, and packages that are required at any time, with the Node modules that they read', async () => {
    const folder = projectFolder({
      'topology.json': '{ "name": "old", "processors": { "a": "./a.js", "b": "./b.mjs" } }',
      'a.js': `const { slug } = require('slugs')\nmodule.exports = (event) => slug(event)`,
      'b.mjs': `export async function handler(event) { return (await import('slugs')).slug(event) }`,
      'node_modules/slugs/package.json': '{ "name": "slugs", "version": "1.0.0" }',
      'node_modules/slugs/index.js': `const { sep } = require('node:path')\nexports.slug = (text) => text + sep + typeof __dirname`,
    })
    const artifacts = await artifactsOf(folder)
    for (const name of ['a', 'b']) {
      const script = `console.log(await (await import('./index.mjs')).load('${name}').handler('x'))`
      expect(await runBeside(artifacts[name]!, join(folder, name), script)).toBe('x/string\n')
    }
  })

  test('imports CommonJS packages as Node does', async () => {
    const folder = projectFolder({
      'topology.json': '{ "name": "old", "processors": { "a": "./a.ts" } }',
      'a.ts': `import whole, { named } from 'compiled'\nimport * as space from 'compiled'
export const handler = () => [typeof whole, whole.default, named, space.named].join()`,
      'node_modules/compiled/package.json': '{ "name": "compiled", "version": "1.0.0" }',
      'node_modules/compiled/index.js': `Object.defineProperty(exports, '__esModule', { value: true })
exports.default = 'default'\nexports.named = 'named'`,
    })
    const { a } = await artifactsOf(folder)
    const script = `console.log((await import('./index.mjs')).load('a').handler())`
    expect(await runBeside(a!, join(folder, 'out'), script)).toBe('object,default,named,named\n')
  })

  test('contains what a project imports from the lent attak and zod, and no more of attak', async () => {
    const folder = projectFolder({
      'topology.json': '{ "name": "lent", "processors": { "a": "./a.ts" } }',
      'a.ts': `import { Retry } from 'attak'\nimport * as z from 'zod/mini'
export const handler = (event: unknown) => { z.parse(z.string(), event); throw new Retry(5) }`,
    })
    const { a } = await artifactsOf(folder)
    const code = await textsOf(a!)
    const packed = [...code].map(([path, text]) => (path.startsWith('attak') ? text : '')).join('')
    expect(packed).toContain('to be delivered again after')
    expect(packed).not.toContain('Give a schema of zod')
    expect(packed.length).toBeLessThan(120_000)
  })
})

describe('the bytes of artifacts', () => {
  test('are the same if built in another folder, after other files', async () => {
    const one = await artifactsOf(projectFolder(SHOP))
    const reversed = Object.fromEntries(Object.entries(SHOP).reverse())
    const deep = join(projectFolder({}), 'x/y')
    writeFiles(deep, reversed)
    const other = await artifactsOf(deep)
    for (const name of ['intake', 'billing', 'report']) {
      expect(other[name]!.hash).toBe(one[name]!.hash)
      expect(other[name]!.zipHash).toBe(one[name]!.zipHash)
      expect(Buffer.compare(await other[name]!.zip(), await one[name]!.zip())).toBe(0)
      const text = [...(await textsOf(one[name]!)).values()].join('')
      expect(text).not.toMatch(/attak-test-|\/tmp\//)
    }
  })

  test('change only with the processor, not with another processor or its imports', async () => {
    const before = await artifactsOf(projectFolder(SHOP))
    const changed: Files[] = [
      { ...SHOP, 'processors/billing.ts': `export default (n: number) => n` },
      {
        ...SHOP,
        'processors/billing.ts': `import { unused } from '../lib/numbers.ts'\nimport { other } from 'slugs'\nexport default () => unused + other`,
      },
      {
        ...SHOP,
        'topology.ts': TOPOLOGY.replace('streams: [', `streams: [['later', 'report'], `).replace(
          'report:',
          `later: './processors/later.ts', report:`,
        ),
        'processors/later.ts': `import { inc } from '../lib/numbers.ts'\nexport default inc`,
      },
    ]
    for (const files of changed) {
      const after = await artifactsOf(projectFolder(files))
      expect(after.intake!.zipHash).toBe(before.intake!.zipHash)
      expect(after.intake!.hash).toBe(before.intake!.hash)
    }
    const own = await artifactsOf(
      projectFolder({ ...SHOP, 'lib/numbers.ts': SHOP['lib/numbers.ts']!.replace('n + 1', 'n + 2') }),
    )
    expect(own.intake!.hash).not.toBe(before.intake!.hash)
  })

  test('contain nothing of the environment', async () => {
    const folder = projectFolder({
      'topology.ts': `export default { name: 'secrets', environment: ['TOKEN'], processors: { a: './a.ts', b: () => process.env.TOKEN } }`,
      'a.ts': `const mode = process.env.NODE_ENV\nexport const handler = () => [process.env.TOKEN, mode]`,
      '.env': 'TOKEN=hidden-things',
    })
    const artifacts = await artifactsOf(folder, { TOKEN: 'hidden-things', NODE_ENV: 'hidden-things' })
    for (const name of ['a', 'b']) {
      const texts = [...(await textsOf(artifacts[name]!))].join('')
      expect(texts).not.toContain('hidden-things')
      expect(texts).toContain('process.env.TOKEN')
    }
  })
})

test('all code that does not bundle is reported at once, with place, processors and remedy', async () => {
  const folder = projectFolder({
    'package.json': '{ "type": "module" }',
    'topology.json': JSON.stringify({
      name: 'bad',
      processors: { a: './a.js', b: './b.js', c: './c.js', d: './d.js' },
    }),
    'a.js': `import { x } from './lib.js'\nexport const handler = () => [x, import('./table.xyz')]`,
    'b.js': `import { x } from './lib.js'\nexport const handler = () => x`,
    'd.js': `export const handler = () => [import('native/v4'), import('#inner'), import('@/lib/x'), import('half')]`,
    'node_modules/half/package.json': '{ "name": "half", "exports": {} }',
    'c.js': `export const handler = () => import('native')`,
    'lib.js': `export const x = () => [\n  import('not-there'), import('./neither.js')]`,
    'table.xyz': '',
    'node_modules/native/package.json': '{ "name": "native", "version": "1.0.0" }',
    'node_modules/native/index.js': `module.exports = require('./build/native.node')`,
    'node_modules/native/build/native.node': '',
  })
  const problems = await problemsOf(folder)
  expect(problems.map(({ code, where, what, remedy }) => [code, where, what, remedy])).toEqual([
    [
      'BUNDLE_FAILED',
      'processors.a',
      'a.js:2:41: No loader is configured for ".xyz" files: table.xyz',
      'Read the file while the processor runs, and name it in include.',
    ],
    [
      'BUNDLE_FAILED',
      'processors.a, processors.b',
      'lib.js:2:10: Could not resolve "not-there"',
      'Install it: npm install not-there',
    ],
    [
      'BUNDLE_FAILED',
      'processors.a, processors.b',
      'lib.js:2:31: Could not resolve "./neither.js"',
      'Correct the path; it is relative to the file that names it.',
    ],
    [
      'BUNDLE_FAILED',
      'processors.c',
      'node_modules/native/index.js:1:26: No loader is configured for ".node" files: node_modules/native/build/native.node',
      "Ship the package as it is: external: ['native'].",
    ],
    ...[
      [
        38,
        'native/v4',
        'native 1.0.0 is installed, and does not have this path. Import a path that it has, or install a version that has this one.',
      ],
      [59, '#inner', 'Name "#inner" in the imports of package.json, or correct the file there.'],
      [77, '@/lib/x', 'Write a path that begins with ./ or ../, or the name of a package.'],
      [
        96,
        'half',
        'half is installed, and its package.json names no file for this import. Install another version: npm install half@latest',
      ],
    ].map(([column, name, remedy]) => [
      'BUNDLE_FAILED',
      'processors.d',
      `d.js:1:${column}: Could not resolve "${name}"`,
      remedy,
    ]),
    // It would be so as soon as the package is named in external.
    [
      'EXTERNAL_REFUSED',
      'processors.c',
      'external package "native" has build/native.node, which is damaged: it is empty, cut off, or not a native binary',
      'Remove the folder of the package first. Run npm install --os=linux --cpu=arm64 --libc=glibc native',
    ],
  ])
})

describe('which edits of a topology change which artifacts of processors that are part of it', () => {
  const BEFORE = `export default {
  name: 'orders',
  processors: {
    take: { handler: (event, context) => context.emit('bill', event), memory: 128 },
    bill: (event, context) => context.emit('paid', event),
    log: { handler: (event) => console.log(event) },
    count: './count.js',
  },
  streams: [['take', 'bill', 'bill'], ['bill', 'log', 'paid']],
  input: { take: 1 },
}
`
  const filesOf = (topology: string): Files => ({
    'package.json': '{ "type": "module" }',
    'topology.js': topology,
    'count.js': 'export const handler = (event) => event + 1',
  })
  const edited = (from: string, to: string) => {
    if (!BEFORE.includes(from)) throw new Error(`nothing to edit: ${from}`)
    return BEFORE.replace(from, to)
  }
  const FIRST_STREAM = `['take', 'bill', 'bill']`

  test.each([
    ['a setting of one', edited('memory: 128', 'memory: 1024, environment: { URL: "x" }'), []],
    ['the input', edited('input: { take: 1 }', 'input: { take: [1, 2, 3] }'), []],
    [
      'settings of the topology that functions do not see',
      edited('input:', `tags: { team: 'a' }, logRetention: 30, input:`),
      [],
    ],
    ['comments and lines above', edited('  processors', '\n  // All of them.\n  processors'), []],
    ['a comment at the end', edited("'paid']],", "'paid']], // later"), []],
    [
      'the size of batches of a stream',
      edited(FIRST_STREAM, `{ from: 'take', to: 'bill', topic: 'bill', batch: 50 }`),
      [],
    ],
    ['a new stream between two', edited(FIRST_STREAM, `${FIRST_STREAM}, ['take', 'log', 'seen']`), ['log', 'take']],
    ['another topic', edited(FIRST_STREAM, `['take', 'bill', 'due']`), ['bill', 'take']],
    [
      'the retries of a receiver',
      edited(FIRST_STREAM, `{ from: 'take', to: 'bill', topic: 'bill', retries: 2 }`),
      ['bill'],
    ],
    ['the timeout of one', edited('memory: 128', 'timeout: 5'), ['take']],
    ['a new processor with a file', edited(`count: './count.js',`, `count: './count.js', sum: './count.js',`), []],
    ['code of one', edited('console.log(event)', 'console.log("got", event)'), ['log']],
    ['code of the topology', `console.log('loaded')\n${BEFORE}`, ['bill', 'log', 'take']],
    ['the retries of all', edited('input:', 'retries: 3, input:'), ['bill', 'count', 'log', 'take']],
  ])('%s', async (_, topology, expected) => {
    const before = await artifactsOf(projectFolder(filesOf(BEFORE)))
    const after = await artifactsOf(projectFolder(filesOf(topology)))
    const changed = Object.keys(before).filter((name) => before[name]!.hash !== after[name]!.hash)
    expect(changed.sort()).toEqual(expected)
  })

  test('everything stays if other code reads the topology', async () => {
    const reader = `import topology from './topology.js'\nexport const streams = () => topology.streams.length\n`
    const topology = `import { streams } from './reader.js'
export default { name: 'self', processors: { a: () => streams(), b: () => 1 }, streams: [['a', 'b']] }`
    const { a } = await artifactsOf(projectFolder({ ...filesOf(topology), 'reader.js': reader }))
    const script = `console.log((await import('./index.mjs')).load('a').handler())`
    expect(await runBeside(a!, join(projectFolder({}), 'out'), script)).toBe('1\n')
  })
})

describe('the artifacts of processors that are part of the topology', () => {
  const SHARED = `class Counter { constructor(step) { this.step = step } handler(event) { return event + this.step } }
export default {
  name: 'dynamic',
  environment: ['GREETING'],
  processors: () => ({
    greet: (event) => process.env.GREETING + event,
    count: new Counter(2),
    file: './file.js',
  }),
  streams: [],
}`

  test('find the code of each by name, also of instances and of functions that return it', async () => {
    const folder = projectFolder({
      'package.json': '{ "type": "module" }',
      'topology.js': SHARED,
      'file.js': 'export default () => 1',
    })
    const { greet, count, file } = await artifactsOf(folder, { GREETING: 'hi ' })
    expect([greet!.processors, count!.processors]).toEqual([['greet'], ['count']])
    expect(file!.processors).toEqual(['file'])
    const script = `const { load } = await import('./index.mjs')
      process.env.GREETING = 'hello '
      const { handler, self } = load('count')
      console.log(load('greet').handler('you'), handler.call(self, 1))`
    expect(await runBeside(greet!, join(folder, 'out'), script)).toBe('hello you 3\n')
  })

  test('contain those that a factory makes', async () => {
    const folder = projectFolder({
      'package.json': '{ "type": "module" }',
      'topology.js': `export default { name: 'made', processor: (name) => (event) => name + event, streams: [['a', 'b']] }`,
    })
    const { b } = await artifactsOf(folder)
    const script = `console.log((await import('./index.mjs')).load('b').handler(1))`
    expect(await runBeside(b!, join(folder, 'out'), script)).toBe('b1\n')
  })

  test("are refused with the user's stack if the topology does not load with only the declared environment", async () => {
    const topology = `import { settings } from './settings.ts'
export default { name: 'needy', environment: ['GIVEN'], processors: { a: () => settings.url } }`
    const folder = projectFolder({
      'topology.ts': topology,
      'settings.ts': `if (process.env.GIVEN !== 'given') throw new Error('GIVEN is lost')
export const settings = { url: new URL('/', process.env.ATTAK_TEST_URL) }`,
    })
    process.env.ATTAK_TEST_URL = 'https://example.com'
    process.env.GIVEN = 'given'
    const [problem, ...others] = await problemsOf(folder, { GIVEN: 'given', ATTAK_TEST_URL: 'https://example.com' })
    expect(others).toEqual([])
    expect(problem).toMatchObject({
      code: 'BUNDLE_LOAD_FAILED',
      where: 'processors.a',
      what: "the topology's module does not load with only the declared environment: Invalid URL",
    })
    expect(problem!.remedy).toContain('move the processor to its own file')
    expect(problem!.stack).toMatch(/^TypeError: Invalid URL/)
    expect(problem!.stack).toMatch(/\n\s+at settings\.ts:2:32/)
  })

  test('are refused if loading ends the process or never ends', async () => {
    const problems = async (code: string) => {
      const folder = projectFolder({
        'package.json': '{ "type": "module" }',
        'topology.js': `if (process.env.ATTAK_PROCESSOR) { ${code} }\nexport default { name: 'odd', processors: { a: () => 1 } }`,
      })
      return (await problemsOf(folder)).map(({ what }) => what)
    }
    expect(await problems('process.exit(3)')).toEqual([
      expect.stringMatching(/the process ended while loading it, with exit code 3$/),
    ])
    expect(await problems('await new Promise(() => {})')).toEqual([
      expect.stringMatching(/top-level await waits for a promise that never settles$/),
    ])
  })

  test('contain the schemas of processors that have their own files', async () => {
    const folder = projectFolder({
      'topology.ts': `import * as z from 'zod/mini'
export default { name: 'schemas', processors: { a: { path: './a.ts', input: z.object({ id: z.string() }) } } }`,
      'a.ts': `export const handler = (event: unknown) => event`,
    })
    const { a } = await artifactsOf(folder)
    const script = `const { input, handler } = (await import('./index.mjs')).load('a')
      console.log(handler(1), input['~standard'].validate({ id: 1 }).issues[0].path.join())`
    expect(await runBeside(a!, join(folder, 'out'), script)).toBe('1 id\n')
  })

  test('never contain processors that are named by their place in a list', async () => {
    const folder = projectFolder({
      'package.json': '{ "type": "module" }',
      'topology.js': `export default { name: 'listed', processors: [() => 1, function named() {}], streams: [] }`,
    })
    expect(await problemsOf(folder)).toEqual([
      expect.objectContaining({ code: 'TOPOLOGY_NAMED_BY_INDEX', severity: 'error', where: 'processors.0' }),
    ])
  })
})
