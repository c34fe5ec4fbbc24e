import { execFile, execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { AttakError } from '../../src/errors.ts'
import { type InputOptions, openInput } from '../../src/project/input.ts'
import { parseTopology } from '../../src/project/parse.ts'
import type { InputEvent } from '../../src/topology/topology.ts'
import { projectFolder } from './folder.ts'

function optionsFor(dir: string, options: Partial<InputOptions> & { input?: unknown } = {}): InputOptions {
  const { input, ...rest } = options
  const processors = { spout: () => 1, reverse: () => 1, to: './to' }
  const streams = [['spout', 'reverse']]
  const value = { name: 'words', processors, streams, ...(input === undefined ? {} : { input }) }
  const { topology } = parseTopology(value, { file: 'topology.ts', modulesIn: () => undefined })
  return { topology: topology!, dir, cwd: dir, stdin: linesOf(), badLines: 'stop', ...rest }
}

async function* linesOf(...texts: string[]) {
  yield* texts.map((text) => Buffer.from(text))
}

async function eventsOf(options: InputOptions): Promise<InputEvent[]> {
  const input = await openInput(options)
  const events: InputEvent[] = []
  for await (const chunk of input.chunks) events.push(...chunk)
  return events
}

async function problemsOf(options: InputOptions): Promise<string[]> {
  const error = await eventsOf(options).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(AttakError)
  return (error as AttakError).problems.map(({ where, what, remedy }) => `${where}: ${what}. ${remedy}`)
}

test('{ processor: event } is one event for each processor, even if it is a list', async () => {
  const dir = projectFolder({ 'input.json': '{ "spout": [1, 2], "reverse": null }' })
  expect(await eventsOf(optionsFor(dir))).toEqual([
    { to: 'spout', event: [1, 2] },
    { to: 'reverse', event: null },
  ])
})

test('a pipe is read like a file: the shell makes one of <(command)', async () => {
  const dir = projectFolder({})
  execFileSync('mkfifo', [join(dir, 'pipe'), join(dir, 'pipe.jsonl')])
  const write = (name: string, text: string) => execFile('sh', ['-c', 'printf %s "$0" > "$1"', text, join(dir, name)])
  write('pipe', '{ "spout": 1 }')
  expect(await eventsOf(optionsFor(dir, { given: 'pipe' }))).toEqual([{ to: 'spout', event: 1 }])
  write('pipe.jsonl', '{ "to": "spout", "event": 2 }')
  expect(await eventsOf(optionsFor(dir, { given: 'pipe.jsonl' }))).toEqual([{ to: 'spout', event: 2 }])
})

test('a list holds many events, with keys and topics', async () => {
  const dir = projectFolder({
    'many.json': '[{"to":"spout","event":1},{"to":"spout","event":2,"key":"k","topic":"t"}]',
  })
  expect(await eventsOf(optionsFor(dir, { given: 'many.json' }))).toEqual([
    { to: 'spout', event: 1 },
    { to: 'spout', event: 2, key: 'k', topic: 't' },
  ])
})

test('JSON lines hold one event each; blank lines, CRLF and a missing last newline are fine', async () => {
  const dir = projectFolder({ 'a.jsonl': '\ufeff{"to":"spout","event":"é"}\r\n\r\n  \n{"to":"reverse"}' })
  const input = await openInput(optionsFor(dir, { given: 'a.jsonl' }))
  const events: InputEvent[] = []
  for await (const chunk of input.chunks) events.push(...chunk)
  expect(events).toEqual([{ to: 'spout', event: 'é' }, { to: 'reverse' }])
  expect(input.readBytes()).toBe(input.totalBytes)
})

test('bare events go to the processor of --to', async () => {
  const dir = projectFolder({ 'bare.jsonl': '1\n"a"\n{"to":"x"}\n', 'one.json': '{"spout": 1}' })
  const events = await eventsOf(optionsFor(dir, { given: 'bare.jsonl', to: 'spout' }))
  expect(events).toEqual([1, 'a', { to: 'x' }].map((event) => ({ to: 'spout', event })))
  expect(await eventsOf(optionsFor(dir, { given: 'one.json', to: 'reverse' }))).toEqual([
    { to: 'reverse', event: { spout: 1 } },
  ])
})

test('stdin is streamed, and a line may arrive in pieces', async () => {
  const dir = projectFolder({})
  const stdin = linesOf('{"to":"spo', 'ut","event":1}\n{"to":"spout",', '"event":2}')
  const input = await openInput(optionsFor(dir, { given: '-', stdin }))
  expect(input.live).toBe(true)
  const chunks: (readonly InputEvent[])[] = []
  for await (const chunk of input.chunks) chunks.push(chunk)
  expect(chunks).toEqual([[{ to: 'spout', event: 1 }], [{ to: 'spout', event: 2 }]])
})

const events = [
  { to: 'spout', event: 1 },
  { to: 'reverse', event: 2 },
]

test.each([
  ['events by name', { spout: 1, reverse: 2 }],
  ['a list', events],
  ['a path', './data/mine.json'],
  ['an iterable', new Set(events)],
  ['a function giving events by name', () => ({ spout: 1, reverse: 2 })],
  ['a function giving a promise of a list', async () => events],
  ['a function giving a path', () => './data/mine.json'],
  [
    'a generator',
    function* () {
      yield* events
    },
  ],
  [
    'a generator of promises',
    function* () {
      for (const event of events) yield Promise.resolve(event)
    },
  ],
  [
    'an async generator',
    async function* () {
      yield* events
    },
  ],
])('the input of a topology may be %s', async (_, input) => {
  const dir = projectFolder({ 'data/mine.json': JSON.stringify(events) })
  expect(await eventsOf(optionsFor(dir, { input, cwd: dirname(dir) }))).toEqual(events)
})

test("--input overrides the topology's input, which overrides input.json with a warning", async () => {
  const dir = projectFolder({ 'input.json': '{"spout":"beside"}', 'given.json': '{"spout":"given"}' })
  const both = await openInput(optionsFor(dir, { input: { spout: 'own' } }))
  expect(both.warnings.map(({ code }) => code)).toEqual(['INPUT_AMBIGUOUS'])
  expect(await eventsOf(optionsFor(dir, { input: { spout: 'own' } }))).toEqual([{ to: 'spout', event: 'own' }])
  const given = await openInput(optionsFor(dir, { input: { spout: 'own' }, given: 'given.json' }))
  expect(given.warnings).toEqual([])
})

test('without any input, the remedy names the ways to give one', async () => {
  expect(await problemsOf(optionsFor(projectFolder({})))).toMatchInlineSnapshot(`
    [
      "input: there is no input: no --input, none in the topology, and no input.json. Write an input.json such as { "spout": "hello" }, or give --input FILE, or --input - for lines from stdin.",
    ]
  `)
})

test('missing files, and folders, are refused', async () => {
  const dir = projectFolder({ 'events.json': '{}', 'folder/a': '' })
  expect(await problemsOf(optionsFor(dir, { given: 'event.json' }))).toMatchInlineSnapshot(`
    [
      "event.json: there is no such file. Did you mean "events.json"?",
    ]
  `)
  expect(await problemsOf(optionsFor(dir, { given: 'folder' }))).toMatchInlineSnapshot(`
    [
      "folder: is a folder, not a file of events. Give a .json or .jsonl file, or - for stdin.",
    ]
  `)
})

test('all problems of an input are reported at once', async () => {
  const dir = projectFolder({
    'input.json': JSON.stringify([
      1,
      {},
      { to: 'spot' },
      { to: 'spout', evnt: 1 },
      { to: 'spout', key: 1 },
      { to: 'spout', topic: '' },
    ]),
    'names.json': '{ "spot": 1, "spout": 2, "elsewhere": 3 }',
    'one.json': '{ "to": "spout", "event": 1 }',
    'text.json': '"hello"',
  })
  expect(await problemsOf(optionsFor(dir))).toMatchInlineSnapshot(`
    [
      "input.json, [0]: is not of the form { "to": "processor", "event": … }. Write { "to": "processor", "event": … }, or name the processor with --to.",
      "input.json, [1]: has no "to", the processor that receives it. Write { "to": "processor", "event": … }, or name the processor with --to.",
      "input.json, [2]: no processor is named "spot". Did you mean "spout"?",
      "input.json, [3]: has an unknown field "evnt". Did you mean "event"?",
      "input.json, [4]: "key" is not a string. Make it a string.",
      "input.json, [5]: "topic" is not a string, or is empty. Give a topic, or leave "topic" out.",
    ]
  `)
  expect(await problemsOf(optionsFor(dir, { given: 'names.json' }))).toMatchInlineSnapshot(`
    [
      "names.json: no processor is named "spot". Did you mean "spout"?",
      "names.json: no processor is named "elsewhere". There are spout, reverse, to.",
    ]
  `)
  expect(await problemsOf(optionsFor(dir, { given: 'one.json' }))).toMatchInlineSnapshot(`
    [
      "one.json: is one event, not a list of events. Put it into a list: [{ "to": …, "event": … }].",
    ]
  `)
  expect(await problemsOf(optionsFor(dir, { given: 'text.json' }))).toMatchInlineSnapshot(`
    [
      "text.json: an input is { "processor": event } or a list of { "to": "processor", "event": … }; this is "hello". Write { "spout": … }.",
    ]
  `)
})

test('an input that is not JSON is shown with file, line and column', async () => {
  const dir = projectFolder({ 'input.json': '{\n  "spout": [1 2]\n}\n' })
  expect(await problemsOf(optionsFor(dir))).toMatchInlineSnapshot(`
    [
      "input.json:2:15: not JSON: expected "," or "]", found "2"
      "spout": [1 2]
                  ^. Correct it there.",
    ]
  `)
})

const SECOND = /, or name the file \.jsonl/

test.each([
  ['a second value', '{ "spout": 1 }\n{ "spout": 2 }\n', SECOND],
  ['a comma too many', '[{ "to": "spout" },]', /\^\. Correct it there\.$/],
  ['a word behind it', '[] no', /\. Correct it there\.$/],
  [
    'nothing',
    '',
    /^input\.json: the file is empty\. Write events, such as \{ "spout": "hello" \}, or \[\] for none\.$/,
  ],
  ['blank lines', ' \n\n', /^input\.json: the file is empty\./],
  ['gzip', Buffer.from([0x1f, 0x8b, 8, 0, 0]), /decompress it first, with gunzip\. $/],
  ['UTF-16', Buffer.from('{ "spout": 1 }', 'utf16le'), /save it as UTF-8\. $/],
  ['Latin-1', Buffer.from('{ "spout": "\u00e4" }', 'latin1'), /is no part of a character\. Save the file as UTF-8\.$/],
])('an input.json of %s is refused with one remedy', async (_, content, said) => {
  const dir = projectFolder({})
  writeFileSync(join(dir, 'input.json'), content)
  const [problem = '', ...others] = await problemsOf(optionsFor(dir))
  expect(others).toEqual([])
  expect(problem).toMatch(said)
  expect(problem).not.toContain('\ufffd')
  expect(SECOND.test(problem)).toBe(said === SECOND)
})

test('a bad line stops a stream, naming the line', async () => {
  const dir = projectFolder({ 'a.jsonl': '{"to":"spout"}\n\n{"to":"spout",}\n', 'b.jsonl': '{"to":"spot"}\n' })
  expect(await problemsOf(optionsFor(dir, { given: 'a.jsonl' }))).toMatchInlineSnapshot(`
    [
      "a.jsonl:3:15: not JSON: expected a property name in double quotes, found "}"
    {"to":"spout",}
                  ^. Write one JSON value on each line, read plain text with --lines, or skip such lines with --skip-bad-lines.",
    ]
  `)
  expect(await problemsOf(optionsFor(dir, { given: 'b.jsonl' }))).toMatchInlineSnapshot(`
    [
      "b.jsonl:1: no processor is named "spot". Did you mean "spout"?",
    ]
  `)
})

test('bad lines can be skipped; they are counted, and the first are kept', async () => {
  const dir = projectFolder({ 'a.jsonl': `{"to":"spout"}\n${'nope\n'.repeat(50)}{"to":"reverse"}\n` })
  const input = await openInput(optionsFor(dir, { given: 'a.jsonl', badLines: 'skip' }))
  const seen: InputEvent[] = []
  for await (const chunk of input.chunks) seen.push(...chunk)
  expect(seen).toEqual([{ to: 'spout' }, { to: 'reverse' }])
  expect(input.skipped()).toMatchObject({ lines: 50, numbers: [2, 3, 4, 5, 6, 7, 8, 9, 10, 11] })
  expect(
    input
      .skipped()
      .first.map(({ where }) => where)
      .slice(0, 2),
  ).toEqual(['a.jsonl:2:1', 'a.jsonl:3:1'])
})

test('--to needs an existing processor and --input', async () => {
  const dir = projectFolder({ 'a.jsonl': '1' })
  expect(await problemsOf(optionsFor(dir, { given: 'a.jsonl', to: 'spot' }))).toMatchInlineSnapshot(`
    [
      "--to: no processor is named "spot". Did you mean "spout"?",
    ]
  `)
  expect(await problemsOf(optionsFor(dir, { to: 'spout' }))).toMatchInlineSnapshot(`
    [
      "--to: works only with --input. Add --input FILE, or --input - for stdin.",
    ]
  `)
})

test("an error of the topology's input function is shown as its own failure", async () => {
  const dir = projectFolder({})
  const boom = () => {
    throw new Error('no disk')
  }
  expect(await problemsOf(optionsFor(dir, { input: boom }))).toMatchInlineSnapshot(`
    [
      "the topology's input: failed: no disk. Fix the code that threw.",
    ]
  `)
  const late = async function* () {
    yield { to: 'spout', event: 1 }
    boom()
  }
  expect(await problemsOf(optionsFor(dir, { input: late }))).toMatchInlineSnapshot(`
    [
      "the topology's input: failed: no disk. Fix the code that threw.",
    ]
  `)
  expect(await problemsOf(optionsFor(dir, { input: () => new Set([1]) }))).toMatchInlineSnapshot(`
    [
      "the topology's input, [0]: is not of the form { "to": "processor", "event": … }. Write { "to": "processor", "event": … }, or name the processor with --to.",
    ]
  `)
})

const mine = () => {
  throw new Error('mine')
}
const throwing = (name: string, rest: object = {}) =>
  Object.defineProperty({ ...rest }, name, { enumerable: true, get: mine })
const revoked = () => {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}
const iterating = (next: () => unknown, more: object = {}) => ({ [Symbol.iterator]: () => ({ next, ...more }) })
const yielding = (value: unknown) => [value].values()

test.each<[what: string, input: () => unknown]>([
  ['a promise that is rejected', () => Promise.reject(new Error('mine'))],
  ['an iterable that throws', () => ({ [Symbol.iterator]: mine })],
  ['an async iterable that throws', () => ({ [Symbol.asyncIterator]: mine })],
  ['next that throws', () => iterating(mine)],
  ['next that rejects', () => iterating(() => Promise.reject(new Error('mine')))],
  ['a result whose done throws', () => iterating(() => throwing('done'))],
  ['a result whose value throws', () => iterating(() => throwing('value', { done: false }))],
  ['a promised result whose done throws', () => iterating(async () => throwing('done'))],
  ['a value that is rejected', () => iterating(() => ({ done: false, value: Promise.reject(new Error('mine')) }))],
  ...['to', 'key', 'topic', 'event'].flatMap((field): [string, () => unknown][] => [
    [`${field} that throws, in an iterable`, () => yielding(throwing(field, { to: 'spout' }))],
    [`${field} that throws, in a list`, () => [throwing(field, { to: 'spout' })]],
  ]),
  ['an inherited field that throws', () => [Object.create(throwing('to'))]],
  ['an entry that throws', () => throwing('spout')],
  ['a Proxy that throws for its keys', () => new Proxy({}, { ownKeys: mine })],
  ['a Proxy that throws for its symbols', () => new Proxy({}, { has: mine })],
  ['a then that throws', () => throwing('then')],
])('an input with %s fails with the thrown error, as a value or from a function', async (_what, input) => {
  for (const given of [input(), input]) {
    expect(await problemsOf(optionsFor(projectFolder({}), { input: given }))).toEqual([
      "the topology's input: failed: mine. Fix the code that threw.",
    ])
  }
})

test.each<[what: string, input: unknown]>([
  ['a revoked Proxy', revoked()],
  ['a list with one', [revoked()]],
  ['an iterable with one', { [Symbol.iterator]: () => yielding(revoked()) }],
  ['what no JSON can say', 10n],
  ['a symbol', Symbol('x')],
  ['a list with a hole', new Array(1)],
  ['a result that is not an object', iterating(() => undefined)],
  ['no iterator', { [Symbol.iterator]: () => undefined }],
  ['no function that iterates', { [Symbol.iterator]: 1 }],
])('an input that is or has %s is refused', async (_what, input) => {
  expect(await problemsOf(optionsFor(projectFolder({}), { input }))).toHaveLength(1)
  expect(await problemsOf(optionsFor(projectFolder({}), { input: () => input }))).toHaveLength(1)
})

test('a field that returns another value each time is read once', async () => {
  const changing = () => {
    let reads = 0
    return {
      get to() {
        return reads++ === 0 ? 'spout' : 'nobody'
      },
    }
  }
  for (const input of [[changing()], yielding(changing())])
    expect(await eventsOf(optionsFor(projectFolder({}), { input }))).toMatchObject([{ to: 'spout' }])
})

test('an iterator that fails to close does not hide another error, and is reported without one', async () => {
  const input = (to: string) => iterating(() => ({ done: false, value: { to } }), { return: mine })
  expect(await problemsOf(optionsFor(projectFolder({}), { input: input('nobody') }))).toMatchObject([
    expect.stringContaining('no processor is named "nobody"'),
  ])
  const opened = await openInput(optionsFor(projectFolder({}), { input: input('spout') }))
  const chunks = opened.chunks[Symbol.asyncIterator]()
  await chunks.next()
  await expect(chunks.return?.()).rejects.toThrow('failed: mine')
})

test.each(['throws', 'returns something that is no event'])(
  'events of a generator before it %s are not lost',
  async (how) => {
    const input = function* () {
      yield { to: 'spout', event: 1 }
      if (how === 'throws') throw new Error('no disk')
      yield 2
    }
    const opened = await openInput(optionsFor(projectFolder({}), { input }))
    const chunks = opened.chunks[Symbol.asyncIterator]()
    expect((await chunks.next()).value).toEqual([{ to: 'spout', event: 1 }])
    await expect(chunks.next()).rejects.toMatchObject({ problems: [{ code: 'INPUT_INVALID' }] })
  },
)

test('a generator is closed when its reader stops early', async () => {
  let closed = false
  const input = function* () {
    try {
      for (;;) yield { to: 'spout', event: 1 }
    } finally {
      closed = true
    }
  }
  const opened = await openInput(optionsFor(projectFolder({}), { input }))
  for await (const chunk of opened.chunks) {
    expect(chunk).toHaveLength(64)
    break
  }
  expect(closed).toBe(true)
})

test('later changes of an event by the code that made it have no effect', async () => {
  const shared = { n: 0, at: new Date(0) }
  const input = function* () {
    for (shared.n = 1; shared.n <= 2; shared.n++) yield { to: 'spout', event: shared }
  }
  const at = '1970-01-01T00:00:00.000Z'
  const expected = [1, 2].map((n) => ({ to: 'spout', event: { n, at } }))
  expect(await eventsOf(optionsFor(projectFolder({}), { input }))).toEqual(expected)
})

test('events that JSON cannot represent are refused, all of a list at once', async () => {
  const cycle: { self?: unknown } = {}
  cycle.self = cycle
  const list = [
    { to: 'spout', event: { list: [1n] } },
    { to: 'spout', event: 1 },
    { to: 'reverse', event: cycle },
  ]
  expect(await problemsOf(optionsFor(projectFolder({}), { input: () => list }))).toEqual([
    "the topology's input, event 1: data.list[0] is a BigInt. Send what JSON can carry.",
    "the topology's input, event 3: data.self refers back to an object that holds it. Send what JSON can carry.",
  ])
  expect(await problemsOf(optionsFor(projectFolder({}), { input: () => list.values() }))).toEqual([
    "the topology's input, [0]: data.list[0] is a BigInt. Send what JSON can carry.",
  ])
})

test('input.json is found beside the topology, then in its package, then in the current folder; others are named', async () => {
  const dir = projectFolder({
    'package.json': '{}',
    'src/flow/input.json': '{"spout":"beside"}',
    'input.json': '{"spout":"package"}',
    'elsewhere/input.json': '{"spout":"current"}',
  })
  const warningsOf = async (options: InputOptions) =>
    (await openInput(options)).warnings.map(({ where, what }) => `${where} ${what}`)
  const beside = optionsFor(join(dir, 'src/flow'), { cwd: dir })
  expect(await eventsOf(beside)).toEqual([{ to: 'spout', event: 'beside' }])
  expect(await warningsOf(beside)).toEqual(['input.json is not read: src/flow/input.json is'])
  expect(await eventsOf(optionsFor(join(dir, 'src'), { cwd: dir }))).toEqual([{ to: 'spout', event: 'package' }])
  const apart = projectFolder({ 'package.json': '{}' })
  expect(await eventsOf(optionsFor(apart, { cwd: join(dir, 'elsewhere') }))).toEqual([
    { to: 'spout', event: 'current' },
  ])
})

test('with --lines each line is an event as text, with any name of the file', async () => {
  const dir = projectFolder({ 'a.txt': '\ufeff{ no json\r\n\n  b  \nlast' })
  const options = { given: 'a.txt', to: 'spout', isText: true }
  expect((await eventsOf(optionsFor(dir, options))).map(({ event }) => event)).toEqual([
    '{ no json',
    '',
    '  b  ',
    'last',
  ])
  const stdin = linesOf('x\ny\n')
  expect(await eventsOf(optionsFor(dir, { given: '-', to: 'spout', isText: true, stdin }))).toHaveLength(2)
})

test('--lines needs an input, and a processor that receives the lines', async () => {
  const dir = projectFolder({ 'a.txt': 'x' })
  expect(await problemsOf(optionsFor(dir, { isText: true, to: 'spout' }))).toEqual([
    '--to: works only with --input. Add --input FILE, or --input - for stdin.',
  ])
  expect(await problemsOf(optionsFor(dir, { isText: true }))).toEqual([
    '--lines: works only with --input. Add --input FILE, or --input - for stdin.',
  ])
  expect(await problemsOf(optionsFor(dir, { isText: true, given: 'a.txt' }))).toEqual([
    '--lines: needs the processor that receives the lines. Add --to PROCESSOR.',
  ])
})

test.each(['a.txt', 'a.log'])('%s is plain text, and the message names --lines', async (name) => {
  expect(await problemsOf(optionsFor(projectFolder({ [name]: '{"spout":1}' }), { given: name }))).toEqual([
    `${name}: a ${name.slice(1)} file holds plain text. Add --lines to send each line as an event. If it holds JSON, name it .json or .jsonl.`,
  ])
})
