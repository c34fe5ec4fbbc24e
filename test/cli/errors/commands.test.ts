import { describe, expect, test } from 'vitest'
import { listErrors } from '../../../src/cli/commands/errors/list.ts'
import { purgeErrors } from '../../../src/cli/commands/errors/purge.ts'
import { replayErrors } from '../../../src/cli/commands/errors/replay.ts'
import { showErrors } from '../../../src/cli/commands/errors/show.ts'
import { failed, worldOf } from './world.ts'

const [ONE, TWO] = [failed(1), failed(2, { kind: 'late', time: '2026-11-21T13:59:30.000Z' })]
const { message: _, ...about } = failed(3)
const CRASH = { ...about, kind: 'crash', processor: 'a', suspects: [failed(3).message!, failed(4).message!] } as const
const id = ({ id }: { id: string }) => id.slice(0, 8)
const B = 'orders--dev--b'

/** What `b` logs of a message. */
const line = (fields: object) => ({
  eventId: JSON.stringify(fields),
  timestamp: 0,
  message: JSON.stringify({ time: '2026-11-21T14:00:01.000Z', level: 'info', processor: 'b', ...fields }),
})
const told = (...lines: object[]) => ({
  FilterLogEvents: ({ body }: { body: string }) => ({ events: body.includes(B) ? lines.map(line) : [] }),
})
const ended = (message = '', more = {}) => ({ attak: 'end', message, root: 'ff'.repeat(16), outcome: 'ok', ...more })

describe('list', () => {
  test('shows a table, the oldest first, and the next commands', async () => {
    const { run } = await worldOf([TWO, ONE])
    const { code, out, err } = await run(listErrors)
    expect([code, err]).toEqual([0, ''])
    expect(out).toBe(`orders (dev) in eu-west-1 of account 123456789012: 2 errors
when                 processor  error                        id        attempts
2026-11-21 13:59:00  b          Error: no stock for 1        ${id(ONE)}         1
2026-11-21 13:59:30  b          late: Error: no stock for 2  ${id(TWO)}         1

attak errors show ID shows one in full, attak errors replay --all runs them again.
`)
  })

  test('the next commands name the same stage', async () => {
    const { run } = await worldOf([ONE])
    const on = async (command: typeof listErrors, ids: string[] = []) => (await run(command, ids, { stage: 'qa' })).out
    expect(await on(listErrors)).toContain(
      'attak errors show ID --stage qa shows one in full, attak errors replay --all --stage qa runs',
    )
    const short = ONE.id.slice(0, 12)
    expect(await on(showErrors, [ONE.id])).toContain(
      `Next: attak why ${short} --stage qa, attak errors replay ${short} --local --inspect --stage qa, fix it, attak errors replay ${short} --stage qa\n`,
    )
  })

  test('a crash is marked, with the number of its messages', async () => {
    const { run } = await worldOf([CRASH])
    expect((await run(listErrors)).out).toContain('crash, 2 suspects: Error: no stock for 3')
  })

  test.each([60, 72])('fits a terminal of %i columns', async (columns) => {
    const long = { ...TWO, processor: 'a-processor-with-a-long-name' }
    for (const records of [[ONE], [ONE, long]]) {
      const { run } = await worldOf(records, { host: { isTTY: true, columns } })
      const { out } = await run(listErrors)
      const rows = out.split('\n').slice(1, 2 + records.length)
      expect(rows[1]).toMatch(/11-21 1\d:\d\d.* {2}b +Error: no stock for/)
      expect(rows[1]).toContain(id(ONE))
      expect(Math.max(...rows.map((row) => row.length))).toBeLessThanOrEqual(columns)
    }
  })

  test.each([
    [{ processor: ['a'] }, []],
    [{ kind: ['late', 'crash'] }, [TWO]],
    [{ since: '45s' }, [TWO]],
    [{ text: 'STOCK FOR 1' }, [ONE]],
    [{ text: '"order":2' }, [TWO]],
  ])('%j is a filter', async (options, meant) => {
    const { run } = await worldOf([ONE, TWO])
    const { out } = await run(listErrors, [], { ...options, json: true } as Record<string, boolean | string[]>)
    expect(JSON.parse(out)).toEqual(meant)
  })

  test('reports what it cannot read, and lists the rest', async () => {
    const { run, store } = await worldOf([ONE])
    store.put(JSON.stringify({ ...ONE, attakerror: 7 }))
    const { code, out, err } = await run(listErrors, [], { json: true })
    expect([code, JSON.parse(out)]).toEqual([0, [ONE]])
    expect(err).toMatch(/\[RECORD_UNREADABLE\].*version 7.*Update attak/)
  })

  test('keeps a copy of what it listed', async () => {
    const { run, copies } = await worldOf([ONE])
    await run(listErrors)
    expect([...copies.all.values()]).toEqual([ONE])
  })
})

describe('show', () => {
  test('shows the event, the stack, the lineage and the next commands', async () => {
    const { run } = await worldOf([ONE, TWO])
    const { code, out } = await run(showErrors, [id(ONE)])
    expect(code).toBe(0)
    for (const part of [
      '✗ Error: no stock for 1',
      'at b (b.js:1:1)',
      '"order": 1',
      'from       a',
      `trace      ${'ff'.repeat(16)}, parent`,
      'attak why',
      'attak errors replay',
    ]) {
      expect(out).toContain(part)
    }
  })

  test('an id may be that of the message', async () => {
    const { run } = await worldOf([ONE])
    const { out } = await run(showErrors, [ONE.message!.id.slice(0, 6)], { json: true })
    expect(JSON.parse(out)).toEqual([ONE])
  })

  test('all unknown ids are reported at once', async () => {
    const { run } = await worldOf([ONE])
    const error = await run(showErrors, ['zz', id(ONE), 'yy']).catch((thrown) => thrown)
    expect(error).toMatchObject({ code: 'ERROR_NOT_FOUND', problems: [{ where: 'error zz' }, { where: 'error yy' }] })
  })

  test('a record that its store lost is shown from the local copy', async () => {
    const { run, store } = await worldOf([ONE])
    await run(listErrors)
    await store.remove([ONE])
    expect((await run(showErrors, [id(ONE)])).out).toContain('Its store no longer has it')
  })
})

describe('replay', () => {
  test('sends the same message, removes the record, and reports that it was handled', async () => {
    const { run, invoked, store } = await worldOf([ONE, TWO], { answers: told(ended(ONE.message!.id)) })
    const { code, out } = await run(replayErrors, [id(ONE)], { yes: true })
    const { attakreplay, ...sent } = invoked()[0]![1]
    expect(invoked().map(([name]) => name)).toEqual([B])
    expect(sent).toEqual({ ...ONE.message, attakattempt: 1 })
    expect(attakreplay).toBe('2026-11-21T14:00:00.000Z')
    expect(out).toContain('✓ 1 error accepted by orders (dev)')
    expect(out).toMatch(/✓ 1 message handled\n$/)
    expect(code).toBe(0)
    expect((await store.list()).records).toEqual([TWO])
  })

  test('a skipped message counts as handled before', async () => {
    const { run } = await worldOf([ONE], { answers: told(ended(ONE.message!.id, { outcome: 'skipped' })) })
    const { code, out } = await run(replayErrors, [id(ONE)], { yes: true })
    expect(out).toMatch(/✓ 1 message handled\n$/)
    expect(code).toBe(0)
  })

  test('a message that fails again is a failure', async () => {
    const error = {
      attak: 'error',
      level: 'error',
      message: ONE.message!.id,
      root: 'ff'.repeat(16),
      error: { name: 'Error', message: 'again' },
    }
    const { run } = await worldOf([ONE], { answers: told(ended(ONE.message!.id, { outcome: 'failed' }), error) })
    const { code, out } = await run(replayErrors, [], { all: true, yes: true, json: true })
    expect(code).toBe(1)
    expect(JSON.parse(out.trimEnd().split('\n').at(-1)!)).toEqual({
      kind: 'replayed',
      handled: 0,
      failed: 1,
      unheard: 0,
      further: 0,
    })
  })

  test('a message that is not confirmed is not a success', async () => {
    const { run } = await worldOf([ONE])
    const { code, out } = await run(replayErrors, [], { all: true, yes: true })
    expect([code, out]).toEqual([1, expect.stringContaining('1 not confirmed')])
  })

  test('a crash runs all that the function had, in order', async () => {
    const crash = { ...CRASH, processor: 'b' }
    const { run, invoked } = await worldOf([crash])
    await run(replayErrors, [], { all: true, yes: true })
    expect(invoked().map(([, event]) => event.data)).toEqual([{ order: 3 }, { order: 4 }])
  })

  test('a message that two records hold is sent once', async () => {
    const { run, invoked } = await worldOf([ONE, { ...failed(1, { kind: 'late' }), id: 'ab'.repeat(16) }])
    await run(replayErrors, [], { all: true, yes: true })
    expect(invoked()).toHaveLength(1)
  })

  test('a second replay is refused, unless it is forced', async () => {
    const { run, invoked } = await worldOf([ONE])
    await run(replayErrors, [id(ONE)], { yes: true })
    const error = await run(replayErrors, [id(ONE)], { yes: true }).catch((thrown) => thrown)
    expect(error).toMatchObject({
      code: 'REPLAYED_ALREADY',
      message: expect.stringContaining('2026-11-21 14:00:00'),
      problems: [
        { remedy: expect.stringContaining(`attak logs --message ${ONE.message!.id.slice(0, 12)} --since 1d `) },
      ],
    })
    expect(invoked()).toHaveLength(1)
    await run(replayErrors, [id(ONE)], { yes: true, force: true })
    expect(invoked().map(([, event]) => event.attakforce)).toEqual([undefined, true])
  })

  test('an error that failed again since its replay is replayed again', async () => {
    const { run, invoked, store } = await worldOf([ONE])
    await run(replayErrors, [id(ONE)], { yes: true })
    store.put(JSON.stringify({ ...ONE, time: '2026-11-21T14:00:05.000Z' }))
    await run(replayErrors, [id(ONE)], { yes: true })
    expect(invoked()).toHaveLength(2)
  })

  test('a record that could not be removed is not sent twice, and is removed the next time', async () => {
    const world = await worldOf([ONE])
    const { remove } = world.store
    Object.assign(world.store, { remove: async () => Promise.reject(Object.assign(new Error('gone'), { code: 'x' })) })
    await expect(world.run(replayErrors, [], { all: true, yes: true })).rejects.toThrow('gone')
    Object.assign(world.store, { remove })
    const { err } = await world.run(replayErrors, [], { all: true, yes: true })
    expect(err).toContain('There are no errors of')
    expect(world.invoked()).toHaveLength(1)
    expect((await world.store.list()).records).toEqual([])
  })

  test('a refused error stays and is reported, and accepted ones are removed', async () => {
    let calls = 0
    const answers = {
      [`POST functions/${B}/invocations`]: () =>
        ++calls === 2
          ? {
              code: 'AccessDeniedException',
              message: 'User: ada is not authorized to perform: lambda:InvokeFunction',
              status: 403,
            }
          : {},
    }
    const { run, store } = await worldOf([ONE, TWO], { answers })
    const error = await run(replayErrors, [], { all: true, yes: true }).catch((thrown) => thrown)
    expect(error).toMatchObject({
      code: 'PERMISSION_MISSING',
      message: expect.stringContaining('lambda:InvokeFunction'),
    })
    expect((await store.list()).records).toHaveLength(1)
  })

  test('everything that prevents a replay is reported at once, and nothing is sent', async () => {
    const records = [
      ONE,
      failed('five'),
      failed(6, { processor: 'bb' }),
      failed(7, {
        message: { ...failed(7).message!, data: undefined },
        withoutData: true,
        position: { channel: 'invoke', ref: '7' },
      }),
    ]
    const { run, invoked } = await worldOf(records)
    const error = await run(replayErrors, [], { all: true, yes: true }).catch((thrown) => thrown)
    expect(error.problems.map(({ code }: { code: string }) => code).sort()).toEqual([
      'EVENT_GONE',
      'EVENT_REFUSED',
      'TOPOLOGY_UNKNOWN_PROCESSOR',
    ])
    expect(invoked()).toEqual([])
  })

  test('--dry-run prints what would run, and sends nothing', async () => {
    const { run, invoked, store } = await worldOf([ONE, CRASH])
    const { code, out } = await run(replayErrors, [], { processor: ['b'], dryRun: true })
    expect([code, invoked()]).toEqual([0, []])
    expect(out).toMatch(/1 error with 1 message can be replayed; nothing was replayed\.\n$/)
    expect((await store.list()).records).toHaveLength(2)
  })

  test.each([
    [[], {}, /which errors\?/],
    [['ab'], { all: true }, /ids cannot be combined/],
    [['ab'], { inspect: true }, /--local/],
  ])('%j %j is refused as wrong usage', async (ids, options, text) => {
    const { run } = await worldOf([ONE])
    const error = await run(replayErrors, ids, options).catch((thrown) => thrown)
    expect([error.code, `${error.message} ${error.remedy}`]).toEqual(['USAGE', expect.stringMatching(text)])
  })

  test('without a terminal it needs --yes', async () => {
    const { run, invoked } = await worldOf([ONE])
    const error = await run(replayErrors, [], { all: true }).catch((thrown) => thrown)
    expect([error.code, error.remedy]).toEqual(['USAGE', 'Add --yes to confirm.'])
    expect(invoked()).toEqual([])
  })

  test('--local runs it on this machine with its ids and lineage, and does not change the stage', async () => {
    const { run, invoked, store } = await worldOf([ONE])
    const { code, out } = await run(replayErrors, [id(ONE)], { local: true, json: true })
    const start = out
      .split('\n')
      .map((text) => JSON.parse(text || '{}'))
      .find(({ kind }) => kind === 'start')
    expect(start).toMatchObject({
      processor: 'b',
      message: ONE.message!.id,
      root: 'ff'.repeat(16),
      parent: 'the id of its parent',
      from: 'a',
      topic: 't',
      hop: 2,
      event: { order: 1 },
    })
    expect([code, invoked()]).toEqual([0, []])
    expect((await store.list()).records).toEqual([ONE])
  })
})

describe('purge', () => {
  test('prints what it removes, and removes only that', async () => {
    const { run, store } = await worldOf([ONE, TWO])
    const { code, out, err } = await run(purgeErrors, [], { kind: ['late'], yes: true })
    expect([code, out]).toEqual([0, '✓ 1 error of orders (dev) in eu-west-1 of account 123456789012 removed\n'])
    expect(err).toContain(id(TWO))
    expect((await store.list()).records).toEqual([ONE])
  })

  test('needs --yes without a terminal, and reports that there are no errors', async () => {
    const { run } = await worldOf([ONE])
    await expect(run(purgeErrors, [], { all: true })).rejects.toMatchObject({ code: 'USAGE' })
    expect(await run(purgeErrors, [], { processor: ['a'] })).toMatchObject({
      code: 0,
      err: expect.stringContaining('There are no errors of'),
    })
  })
})
