import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { attak, type HostOptions, type Ran } from '../fake-host.ts'
import { folderOf, HELLO } from '../folder.ts'

/** Runs a topology of inline processors, its input in `input.json`. */
function run(topology: string, input: unknown, argv: readonly string[] = [], options: HostOptions = {}): Promise<Ran> {
  const files = { 'topology.mjs': `export default { name: 't', ${topology} }\n`, 'input.json': input }
  return attak(folderOf(files), ['simulate', ...argv], options)
}

function entriesOf(text: string): readonly Record<string, unknown>[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

const ECHO = 'processors: { echo: (event, context) => context.emit("echo", event) }'

describe('simulate', () => {
  test('prints which processor ran, which processors received its emits, and the outputs', async () => {
    const { code, out, err } = await attak(folderOf(HELLO), ['simulate'])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(`\n${out}`).toMatchInlineSnapshot(`
      "
      spout ← input  "hello"
        → text to reverse  "hello"
      reverse ← spout · text  "hello"
        ⇒ reversed strings  "olleh"

      processor  handled  emitted  outputs
      spout            1        1        0
      reverse          1        1        1

      ✓ 1 input, 2 handled, 1 output, nothing failed (0 ms)
      "
    `)
  })

  test.each([
    ['input.json', '[]'],
    ['input.json', '{}'],
    ['input.jsonl', ''],
    ['input.jsonl', '\n \n'],
  ])('reports that %s of %j has no events, and exits with 0', async (name, text) => {
    const folder = folderOf({ ...HELLO, [name]: text })
    const { code, out } = await attak(folder, ['simulate', '--input', name])
    expect(code).toBe(0)
    expect(out).toMatch(/^The input has no events\.$/m)
  })

  test('keeps errors for attak errors until the next run', async () => {
    const topology = `processors: { a: (event, context) => context.emit('t', event + 1), b(event) { throw new Error('no ' + event) } },
      streams: [['a', 'b']]`
    const folder = folderOf({
      'topology.mjs': `export default { name: 't', ${topology} }\n`,
      'input.json': { a: 1 },
    })
    const { out } = await attak(folder, ['simulate'])
    const command = /attak (errors show [0-9a-f]{32} --simulated)/.exec(out)![1]!.split(' ')
    const shown = JSON.parse((await attak(folder, [...command, '--json'])).out)
    expect([shown].flat()[0]).toMatchObject({
      processor: 'b',
      error: { message: 'no 2' },
      message: { data: 2 },
      ancestors: [{ data: 1 }],
    })
    await attak(folder, ['simulate', '--only', 'a'])
    expect((await attak(folder, ['errors', 'list', '--simulated', '--json'])).out).toBe('[]\n')
  })

  test('warns, and does not fail, if errors cannot be kept', async () => {
    const topology = 'processors: { a() { throw new Error("no") } }'
    const files = {
      'topology.mjs': `export default { name: 't', ${topology} }\n`,
      'input.json': { a: 1 },
      '.attak': 'x',
    }
    const { code, out, err } = await attak(folderOf(files), ['simulate'])
    expect([code, err]).toEqual([1, expect.stringMatching(/warning.*STORE_FAILED.*could not be kept/)])
    expect(out).not.toContain('attak errors')
  })

  test('shows log lines in place, retries with their waits, and failures, and then exits with 1', async () => {
    const topology = `retries: 1, processors: {
      shaky(event, context) {
        console.log('try', context.attempt)
        if (context.attempt === 1 || event === 'bad') throw new TypeError('no ' + event)
      },
    }`
    const { code, out } = await run(`backoff: { jitter: false }, ${topology}`, [
      { to: 'shaky', event: 'good' },
      { to: 'shaky', event: 'bad' },
    ])
    expect(code).toBe(1)
    expect(`\n${out.replaceAll(/^ {4}.*\n/gm, '')}`).toMatchInlineSnapshot(`
      "
      shaky ← input  "good"
        │ try 1
        ↻ TypeError: no good · tried again after 1 s
      shaky ← input  "bad"
        │ try 1
        ↻ TypeError: no bad · tried again after 1 s
      shaky ← input · attempt 2 · at 1 s  "good"
        │ try 2
      shaky ← input · attempt 2 · at 1 s  "bad"
        │ try 2
        ✗ TypeError: no bad

      processor  handled  emitted  retried  failed
      shaky            1        0        2       1

      ✗ 2 inputs, 1 handled, 0 outputs, 1 failed (0 ms, 1 s of virtual time)
      Details: attak errors show 0a4ae3a9b9a5be914499c7d9f3cfdd9a --simulated
      "
    `)
  })

  test('--json prints the transcript, one object a line, the same in each run', async () => {
    const folder = folderOf(HELLO)
    const { code, out, err } = await attak(folder, ['simulate', '--json'])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(entriesOf(out).map(({ kind, processor }) => [kind, processor].join(' '))).toEqual([
      ...['run ', 'start spout', 'emit spout', 'end spout'],
      ...['start reverse', 'emit reverse', 'end reverse', 'summary '],
    ])
    expect((await attak(folder, ['simulate', '--json'])).out).toBe(out)
    expect((await attak(folder, ['simulate', '--json', '--seed', 'other'])).out).not.toBe(out)
  })

  test('--trace writes the same to a file', async () => {
    const folder = folderOf(HELLO)
    const { out } = await attak(folder, ['simulate', '--json'])
    const traced = await attak(folder, ['simulate', '--trace', 'trace.jsonl'])
    expect(traced.out).toContain('The trace is in trace.jsonl.')
    expect(readFileSync(join(folder, 'trace.jsonl'), 'utf8')).toBe(out)
  })

  test('--quiet prints only the summary when nothing fails', async () => {
    const { out } = await attak(folderOf(HELLO), ['simulate', '--quiet'])
    expect(`\n${out}`).toMatchInlineSnapshot(`
      "
      Outputs (1)
        reverse ⇒ reversed strings  "olleh"

      processor  handled  emitted  outputs
      spout            1        1        0
      reverse          1        1        1

      ✓ 1 input, 2 handled, 1 output, nothing failed (0 ms)
      "
    `)
  })

  test('an emit after its handler had settled is a failure, reported at the end', async () => {
    const topology = `processors: {
      late(event, context) { setTimeout(() => context.emit('late', event).catch(() => {}), 1) },
      slow(event, context, callback) { setTimeout(callback, 20) },
    }`
    const { code, out } = await run(topology, { late: 1, slow: 2 }, ['--quiet'])
    expect(code).toBe(1)
    expect(out).toContain('2 inputs, 2 handled, 0 outputs, 1 failed (')
    expect(out).toContain('1 of the failures came after a handler had settled')
  })

  test('--only runs only the named processors; events for others are skipped, and emits to others are outputs', async () => {
    const folder = folderOf(HELLO)
    const spout = await attak(folder, ['simulate', '--only', 'spout', '--json'])
    expect(entriesOf(spout.out)).toMatchObject([
      { kind: 'run' },
      { kind: 'start', processor: 'spout' },
      { kind: 'emit', topic: 'text', to: [] },
      { kind: 'end' },
      { kind: 'summary', outputs: 1 },
    ])
    const reverse = await attak(folder, ['simulate', '--only', 'reverse'])
    expect(reverse.out).toContain('--only skipped 1 event for other processors.')
    expect((await attak(folder, ['simulate', '--only', 'spout', '--only', 'revers'])).err).toBe(
      '[TOPOLOGY_UNKNOWN_PROCESSOR] no processor named "revers". Did you mean "reverse"?\n',
    )
  })

  test('reads lines from stdin, for the processor that --to names', async () => {
    const folder = folderOf(HELLO)
    const argv = ['simulate', '--input', '-', '--to', 'reverse', '--json']
    const { code, out } = await attak(folder, argv, { stdin: [Buffer.from('"ab"\n"c'), Buffer.from('d"\n')] })
    expect(code).toBe(0)
    expect(entriesOf(out).flatMap(({ kind, data }) => (kind === 'emit' ? data : []))).toEqual(['ba', 'dc'])
  })

  test('--timings prints how long handlers took', async () => {
    const { out } = await attak(folderOf(HELLO), ['simulate', '--json', '--timings'])
    expect(entriesOf(out).filter(({ kind }) => kind === 'end')).toMatchObject([
      { tookMs: expect.any(Number) },
      { tookMs: expect.any(Number) },
    ])
  })

  test('long values are cut in the story, with a hint how to see them', async () => {
    const { out } = await run(ECHO, { echo: 'x'.repeat(1000) })
    expect(out).toContain('xxx…')
    expect(out).toContain('Long values were cut (…): see them whole with --json, or with --trace FILE.')
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120)
  })

  test('color is used on a terminal, but not with --no-color', async () => {
    const folder = folderOf(HELLO)
    expect((await attak(folder, ['simulate'], { color: true })).out).toContain('\x1b[')
    expect((await attak(folder, ['simulate', '--no-color'], { color: true })).out).not.toContain('\x1b[')
  })

  test('an interrupted run prints its results so far and exits with 130', async () => {
    const abort = new AbortController()
    const onOut = (text: string) => text.includes('1 handled') || abort.abort('SIGINT')
    const topology = `processors: { a: (event, context) => context.emit('again') }, streams: [['a', 'a']], hopLimit: 1000000`
    const { code, out } = await run(topology, { a: 1 }, [], { signal: abort.signal, onOut })
    expect(code).toBe(130)
    expect(out).toContain('The run was interrupted; these are the results so far.')
  })

  test('a flag overrides the environment, which overrides the default', async () => {
    const folder = folderOf(HELLO)
    const stageOf = async (argv: readonly string[], env: Record<string, string>) =>
      entriesOf((await attak(folder, ['simulate', '--json', ...argv], { env })).out)[0]?.stage
    expect(await stageOf(['--stage', 'flag'], { ATTAK_STAGE: 'variable' })).toBe('flag')
    expect(await stageOf([], { ATTAK_STAGE: 'variable' })).toBe('variable')
    expect(await stageOf([], {})).toBe('dev')
  })
})

describe('bad input is printed', () => {
  /** What is printed on stderr about an input file; exit 1. */
  async function complaint(name: string, content: string, argv: readonly string[] = []): Promise<string> {
    const folder = folderOf({ ...HELLO, [name]: content })
    const { code, err } = await attak(folder, ['simulate', '--input', name, ...argv])
    expect(code).toBe(1)
    return `\n${err}`
  }

  test('an unknown processor, the nearest suggested', async () => {
    expect(await complaint('in.json', '{ "sprout": 1, "nobody": 2 }')).toMatchInlineSnapshot(`
      "
      [INPUT_INVALID] in.json: no processor is named "sprout". Did you mean "spout"?
      [INPUT_INVALID] in.json: no processor is named "nobody". There are spout, reverse.
      "
    `)
  })

  test('a file that is not JSON, with line and column', async () => {
    expect(await complaint('in.json', '{\n  "spout": hello\n}')).toMatchInlineSnapshot(`
      "
      [INPUT_INVALID] in.json:2:12: not JSON: expected a value, found "h". Correct it there.
          │   "spout": hello
          │            ^
      "
    `)
  })

  test('a line that is not JSON, with its number, after the lines before it have run', async () => {
    const lines = '{"to":"spout","event":"a"}\nhello\n{"to":"spout","event":"b"}\n'
    expect(await complaint('in.jsonl', lines)).toMatchInlineSnapshot(`
      "
      [INPUT_INVALID] in.jsonl:2:1: not JSON: expected a value, found "h". Write one JSON value on each line, read plain text with --lines, or skip such lines with --skip-bad-lines.
          │ hello
          │ ^
      "
    `)
  })

  test('--skip-bad-lines skips such a line and reports it', async () => {
    const lines = '{"to":"spout","event":"a"}\nhello\n{"to":"spout","event":"b"}\n'
    const folder = folderOf({ ...HELLO, 'in.jsonl': lines })
    const { code, out } = await attak(folder, ['simulate', '-i', 'in.jsonl', '--skip-bad-lines', '--quiet'])
    expect(code).toBe(0)
    expect(out).toContain('2 inputs, 4 handled')
    expect(out).toMatch(/1 line of in.jsonl skipped; the first: in.jsonl:2:1: not JSON: .*\.\n/)
  })

  test('no input at all', async () => {
    const { 'input.json': _, ...files } = HELLO
    const { code, err } = await attak(folderOf(files), ['simulate'])
    expect(code).toBe(1)
    expect(`\n${err}`).toMatchInlineSnapshot(`
      "
      [INPUT_NOT_FOUND] input: there is no input: no --input, none in the topology, and no input.json. Write an input.json such as { "spout": "hello" }, or give --input FILE, or --input - for lines from stdin.
      "
    `)
  })

  test('a handler that never settles', async () => {
    const topology = 'timeout: 0.05, processors: { stuck: () => new Promise(() => {}) }'
    const { code, out } = await run(topology, { stuck: 1 }, [], { now: () => performance.now() })
    expect(code).toBe(1)
    expect(out.replaceAll(/[0-9a-f]{32}/g, 'ID')).toMatch(
      /✗ \[TIMEOUT] "stuck" did not settle within 0\.05 s \(message ID\)/,
    )
    expect(out).toContain('A timeout ended a handler. Timeouts use real time')
  })

  test('invalid settings', async () => {
    const { code, err } = await attak(folderOf(HELLO), ['simulate', '--concurrency', 'many'], {
      env: { ATTAK_STAGE: 'a b' },
    })
    expect(code).toBe(2)
    expect(`\n${err}`).toMatchInlineSnapshot(`
      "
      [USAGE] ATTAK_STAGE: the name "a b" must be 1 to 40 letters, digits, "-" and "_", begin with a letter or digit, and hold no "--". Choose another stage.
      [USAGE] --concurrency: "many" cannot be a number of handlers. Give a whole number, 1 or more.
      "
    `)
  })

  test('a trace never overwrites another file, such as the input', async () => {
    const folder = folderOf({ ...HELLO, 'events.jsonl': '{"to":"spout","event":"hello"}\n' })
    for (const file of ['events.jsonl', 'package.json']) {
      const before = readFileSync(join(folder, file), 'utf8')
      expect(await attak(folder, ['simulate', '--input', 'events.jsonl', '--trace', file])).toMatchObject({
        code: 2,
        err: `[USAGE] --trace ${file}: the file exists and is not a trace. Remove that file, or give another path.\n`,
      })
      expect(readFileSync(join(folder, file), 'utf8')).toBe(before)
    }
    for (const _ of [1, 2]) {
      const args = ['simulate', '--input', 'events.jsonl', '--trace', 'trace.jsonl']
      expect((await attak(folder, args)).code).toBe(0)
    }
  })

  test('stdin with --watch, and a trace that cannot be written', async () => {
    const folder = folderOf(HELLO)
    expect(await attak(folder, ['simulate', '--watch', '--input', '-'])).toMatchObject({ code: 2 })
    expect(await attak(folder, ['simulate', '--trace', 'no/such/folder/t.jsonl'])).toMatchObject({
      code: 2,
      err: expect.stringMatching(
        /^\[USAGE] --trace no\/such\/folder\/t\.jsonl: cannot be written: there is no such file or folder \(ENOENT\)/,
      ),
    })
  })
})

test('--quiet counts the same as the story', async () => {
  const topology = `retries: 1, backoff: { jitter: false }, processors: {
    a(event, context) { for (let n = 0; n < event; n++) context.emit(n % 2 ? 'heard' : 'unheard', n) },
    b(event, context) { if (context.attempt === 1) throw new Error('once'); if (event === 3) throw new Error('twice') },
  }, streams: [['a', 'b', 'heard']]`
  const input = [5, 30, 2, 0].map((event) => ({ to: 'a', event }))
  const endOf = ({ out }: Ran) => out.slice(out.indexOf('processor '))
  expect(endOf(await run(topology, input, ['--quiet']))).toBe(endOf(await run(topology, input)))
})

describe('--by-input', () => {
  const topology = `processors: {
    split: (line, context) => { for (const word of line.split(' ')) context.emit('word', word) },
    shout(word, context) { if (word === 'bad') throw new Error('no'); context.emit('loud', word.toUpperCase()) },
  }, streams: [['split', 'shout', 'word']]`
  const input = ['a bad', 'b'].map((event) => ({ to: 'split', event }))

  test('prints everything that an input causes together, indented by its path', async () => {
    const { out } = await run(topology, input, ['--by-input'])
    const lines = out.split('\n').filter((line) => /[←→⇒✗]/.test(line))
    expect(lines.slice(0, 10)).toEqual([
      'split ← input  "a bad"',
      '  → word to shout  "a"',
      '  → word to shout  "bad"',
      '  shout ← split · word  "a"',
      '    ⇒ loud  "A"',
      '  shout ← split · word  "bad"',
      '    ✗ Error: no',
      'split ← input  "b"',
      '  → word to shout  "b"',
      '  shout ← split · word  "b"',
    ])
  })

  test('prints the same as the story, in another order', async () => {
    const linesOf = ({ out }: Ran) =>
      out
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line !== '')
        .sort()
    expect(linesOf(await run(topology, input, ['--by-input']))).toEqual(linesOf(await run(topology, input)))
  })
})

describe('--outputs', () => {
  const topology = `processors: { a(event, context) {
    if (event === 2) throw new Error('no')
    context.emit('t', event, { key: 'k' })
    context.emit('u')
  } }`

  test('prints the outputs as JSON lines, and failures and the summary to stderr', async () => {
    const { code, out, err } = await run(
      topology,
      [1, 2].map((event) => ({ to: 'a', event })),
      ['--outputs'],
    )
    expect(code).toBe(1)
    expect(entriesOf(out)).toEqual([
      { processor: 'a', topic: 't', key: 'k', data: 1 },
      { processor: 'a', topic: 'u' },
    ])
    expect(err).toContain('✗ Error: no')
    expect(err).toContain('✗ 2 inputs, 1 handled, 2 outputs, 1 failed')
    expect(err).not.toContain('Outputs (')
  })

  test.each([
    [['--json', '--outputs'], '--json and --outputs contradict each other'],
    [['--by-input', '--outputs', '--json'], '--json and --outputs and --by-input contradict each other'],
  ])('is one of several ways to print a run: %s', async (flags, what) => {
    const { code, err } = await run(topology, [], flags)
    expect(code).toBe(2)
    expect(err).toContain(what)
  })
})

test('on a terminal a header names the topology that runs', async () => {
  const { out } = await attak(folderOf(HELLO), ['simulate'], { isTTY: true })
  expect(out.split('\n').slice(0, 3)).toEqual([
    'attak simulate  hello (dev) · 2 processors · input.json',
    '',
    'spout ← input  "hello"',
  ])
})
