import { createTestDriver } from 'attak/testing'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { type Context, Retry } from '../../src/topology/handler.ts'
import { projectFolder } from '../project/folder.ts'
import { drive, words } from './drive.ts'

/** Fails until its attempt number is the event. */
const flaky = {
  name: 'flaky',
  retries: 5,
  backoff: { jitter: false },
  processors: {
    a: (event: number, { attempt, emit }: Context) => {
      if (attempt < event) throw new Error(`attempt ${attempt}`)
      emit('done', attempt)
    },
  },
}

const dataOf = (emits: readonly { readonly data?: unknown }[]) => emits.map(({ data }) => data)
describe('a test driver', () => {
  it('rejects once if imported CommonJS throws, and reports no unhandled rejection', async () => {
    const dir = projectFolder({
      'package.json': '{ "type": "module" }',
      'cj.cjs': `throw new Error('cjs throws at load')`,
      'one.js': `import './cj.cjs'; export const handler = () => {}`,
      'topology.js': `export default { name: 't', processors: { one: './one.js' } }`,
    })
    const reported: unknown[] = []
    const report = (error: unknown) => reported.push(error)
    process.on('unhandledRejection', report)
    onTestFinished(() => void process.off('unhandledRejection', report))
    const listeners = process.rawListeners('unhandledRejection')
    const drivers = [createTestDriver(`${dir}/topology.js`), createTestDriver(`${dir}/topology.js`)]
    for (const driver of drivers) await expect(driver).rejects.toThrow('cjs throws at load')
    await new Promise(setImmediate)
    expect(reported).toEqual([])
    expect(process.rawListeners('unhandledRejection')).toEqual(listeners)
  })

  it('runs what is sent to its end, and has events, emits and outputs', async () => {
    const driver = await drive(words)
    await driver.send('spout', 'hello world')
    expect(driver.processor('reverse').events).toEqual(['hello', 'world'])
    expect(dataOf(driver.processor('spout').emits)).toEqual(['hello', 'world'])
    expect(driver.outputs).toMatchObject([
      { processor: 'reverse', topic: 'reversed', data: 'olleh', to: [] },
      { processor: 'reverse', topic: 'reversed', data: 'dlrow', to: [] },
    ])
    expect(driver.processor('reverse').handled).toBe(2)
    expect(driver.handled).toBe(3)
    expect(driver.errors).toEqual([])
  })

  it('takes more events later, each with its own key and topic', async () => {
    const seen: unknown[] = []
    const see = (event: unknown, { key, topic }: Context) => seen.push([event, key, topic])
    const driver = await drive({ name: 't', processors: { see } })
    await driver.send('see', 1)
    await driver.send('see', 2, { key: 'k', topic: 't' })
    await driver.sendAll([
      { to: 'see', event: 3 },
      { to: 'see', event: 4, topic: 'u' },
    ])
    expect(seen).toEqual([
      [1, undefined, undefined],
      [2, 'k', 't'],
      [3, undefined, undefined],
      [4, undefined, 'u'],
    ])
  })

  it('stops virtual time until the test moves it: a retry waits for it', async () => {
    const driver = await drive(flaky)
    await driver.send('a', 3)
    expect(driver.outputs).toEqual([])
    expect(driver.waiting).toBe(1)
    await driver.advance(999)
    expect(driver.attempts).toHaveLength(1)
    await driver.advance(1)
    expect(driver.attempts).toMatchObject([
      { at: 0, attempt: 1, outcome: 'retry', retryAt: 1000, error: new Error('attempt 1') },
      { at: 1000, attempt: 2, outcome: 'retry', retryAt: 3000 },
    ])
    await driver.advance(10_000)
    expect(driver.nowMs).toBe(11_000)
    expect(driver.attempts[2]).toMatchObject({ at: 3000, outcome: 'ok', emits: [{ topic: 'done', data: 3 }] })
    expect(driver.processor('a').events).toEqual([3])
    expect(driver.waiting).toBe(0)
  })

  it('drains: moves time forward until nothing is in flight', async () => {
    const driver = await drive(flaky)
    await driver.send('a', 5)
    await driver.drain()
    expect(driver.nowMs).toBe(1000 + 2000 + 4000 + 8000)
    expect(dataOf(driver.outputs)).toEqual([5])
    await driver.drain()
    expect(driver.nowMs).toBe(15_000)
  })

  it('runs a message that threw Retry when it is due', async () => {
    const driver = await drive({
      name: 't',
      processors: {
        a: (_: unknown, { attempt }: Context) => {
          if (attempt === 1) throw new Retry(60_000)
        },
      },
      retryQueue: true,
    })
    await driver.send('a')
    await driver.advance(59_999)
    expect(driver.handled).toBe(0)
    await driver.advance(1)
    expect(driver.handled).toBe(1)
  })

  it('keeps errors with the thrown value and the event', async () => {
    const error = new TypeError('no')
    const driver = await drive({
      name: 't',
      processors: {
        a: () => {
          throw error
        },
        b: (event: unknown) => Promise.reject(event),
      },
    })
    await driver.send('a', { n: 1 })
    await driver.send('b', 'text')
    expect(driver.errors).toMatchObject([
      { processor: 'a', event: { n: 1 }, attempt: 1 },
      { processor: 'b', event: 'text', error: 'text' },
    ])
    expect(driver.processor('a').errors[0]?.error).toBe(error)
    expect(driver.processor('a').handled).toBe(0)
  })

  it('has the error record of each, as attak simulate would keep it, with its path', async () => {
    const driver = await drive({
      name: 'orders',
      retries: 1,
      backoff: { jitter: false },
      processors: {
        intake: (event: unknown, { emit }: Context) => emit('order', event),
        bill: () => Promise.reject(new RangeError('no price')),
      },
      streams: [['intake', 'bill']],
    })
    await driver.send('intake', { id: 'a1' })
    await driver.drain()
    const [{ record, message } = {} as never] = driver.errors
    expect(record).toMatchObject({
      ...{ attakerror: 1, kind: 'failed', time: '1970-01-01T00:00:01.000Z', topology: 'orders', stage: 'dev' },
      ...{ processor: 'bill', attempt: 2, error: { name: 'RangeError', message: 'no price' } },
      message: { id: message, source: '/orders/dev/intake', type: 'order', attakhop: 2, data: { id: 'a1' } },
      ancestors: [{ attakhop: 1, data: { id: 'a1' } }],
    })
  })

  it('counts an emit after its handler has settled as an error', async () => {
    let late: Promise<unknown> | undefined
    const driver = await drive({
      name: 't',
      processors: {
        b: (_: unknown, { emit }: Context) => {
          setImmediate(() => {
            late = emit('t', 1).catch(() => {})
          })
        },
      },
    })
    await driver.send('b', 'x')
    await new Promise(setImmediate)
    await late
    expect(driver.handled).toBe(1)
    const error = { code: 'EMIT_AFTER_END' }
    expect(driver.errors).toMatchObject([{ processor: 'b', event: 'x', error, record: { kind: 'late', error } }])
    expect(driver.logs).toMatchObject([{ level: 'error', text: expect.stringContaining('after it had settled') }])
  })

  it('runs a function of the test instead of a handler, with the settings and schema of its processor', async () => {
    const mailed: unknown[] = []
    const topology = {
      ...flaky,
      processors: {
        a: {
          callback: true,
          retries: 1,
          handler: () => {
            throw new Error('sends mail')
          },
        },
      },
    }
    const driver = await drive(topology, {
      replace: {
        a: (event, { attempt }) => {
          mailed.push(event)
          if (attempt === 1) throw new Error('not yet')
        },
      },
    })
    await driver.send('a', 'mail')
    await driver.drain()
    expect(mailed).toEqual(['mail', 'mail'])
    expect(driver.handled).toBe(1)
  })

  it('skips repeated messages of an idempotent processor', async () => {
    const driver = await drive({
      name: 't',
      processors: {
        a: {
          retries: 1,
          handler(_: unknown, { attempt, emit }: Context) {
            emit('x', 'one')
            if (attempt === 1) throw new Error('after its emit')
          },
        },
        b: { handler: (event: string, { emit }: Context) => emit('done', event), idempotent: true },
      },
      streams: [['a', 'b']],
    })
    await driver.send('a')
    await driver.drain()
    expect(dataOf(driver.outputs)).toEqual(['one'])
    expect(driver.processor('b').logs).toMatchObject([{ level: 'info', text: 'skipped: it was handled before' }])
  })

  it('keeps the lines of handlers, and still prints those of console', async () => {
    const terminal = console
    const shown = vi.spyOn(terminal, 'log').mockImplementation(() => {})
    onTestFinished(() => shown.mockRestore())
    const driver = await drive({
      name: 't',
      processors: {
        a: async (event: string, { log }: Context) => {
          await Promise.resolve()
          terminal.log('got %s', event)
          log.warn('careful')
        },
      },
    })
    terminal.log('not a handler')
    await driver.send('a', 'x')
    expect(driver.logs.map(({ level, text }) => `${level} ${text}`)).toEqual(['info got x', 'warn careful'])
    expect(shown.mock.calls).toEqual([['not a handler'], ['got %s', 'x']])
  })

  it('has the same ids for the same seed', async () => {
    const transcripts = ['one', 'one', 'two'].map(async (seed) => {
      const driver = await drive(words, { seed })
      await driver.send('spout', 'hello world')
      return JSON.stringify(driver.transcript)
    })
    const [first, again, other] = await Promise.all(transcripts)
    expect(again).toBe(first)
    expect(other).not.toBe(first)
  })

  it('runs events that were sent without waiting one after the other', async () => {
    const driver = await drive(words)
    await Promise.all([driver.send('spout', 'a'), driver.send('spout', 'b'), driver.advance(5)])
    expect(driver.attempts.map(({ processor, event }) => `${processor} ${event}`)).toEqual([
      'spout a',
      'reverse a',
      'spout b',
      'reverse b',
    ])
  })

  it('forgets what has happened, but not what is in flight', async () => {
    const driver = await drive(flaky)
    await driver.send('a', 2)
    driver.clear()
    expect(driver.attempts).toEqual([])
    await driver.drain()
    expect(driver.attempts).toMatchObject([{ attempt: 2, outcome: 'ok' }])
  })

  it('copies what was sent, so later changes have no effect', async () => {
    const driver = await drive(words, { replace: { reverse: () => {} } })
    const event = { list: [1] }
    await driver.send('reverse', event)
    event.list.push(2)
    expect(driver.processor('reverse').events).toEqual([{ list: [1] }])
  })

  it('aborts running handlers when it is closed, and refuses further use', async () => {
    let aborted = false
    const driver = await drive({
      name: 't',
      processors: {
        a: (_: unknown, { signal }: Context) =>
          new Promise(() => {
            signal.addEventListener('abort', () => {
              aborted = true
            })
          }),
      },
    })
    const sent = driver.send('a')
    await new Promise(setImmediate)
    await driver.close()
    await sent
    expect(aborted).toBe(true)
    await expect(driver.send('a')).rejects.toThrow('the test driver is closed')
    await driver.close()
  })

  it('works under faked timers', async () => {
    vi.useFakeTimers({ toFake: ['setImmediate', 'setInterval', 'setTimeout', 'Date'] })
    onTestFinished(() => void vi.useRealTimers())
    const driver = await drive(words)
    await driver.send('spout', 'x '.repeat(5000).trim())
    expect(driver.handled).toBe(5001)
  })

  it('loads a project by path, file or folder, and by URL', async () => {
    const folder = projectFolder({
      'topology.js': `export default { name: 't', processors: { a: './a' } }`,
      'a.js': `export const handler = (event, { emit }) => emit('t', event + 1)`,
    })
    for (const path of [folder, `${folder}/topology.js`, new URL(`file://${folder}/topology.js`)]) {
      const driver = await drive(path)
      await driver.send('a', 1)
      expect(dataOf(driver.outputs)).toEqual([2])
    }
  })
})

it.each([false, true])('a driver sets what .env adds until it is closed (built: %s)', async (built) => {
  const folder = projectFolder({
    'package.json': '{ "type": "module" }',
    '.env': 'DOTENV_ONLY=from .env\nDOTENV_BOTH=from .env\n',
    'topology.json': `{ "name": "t", "environment": ["DOTENV_ONLY", "DOTENV_BOTH"], "processors": { "a": "./a.js" } }`,
    'a.js': `const { DOTENV_ONLY, DOTENV_BOTH } = process.env
      export const handler = (_, context) => context.emit('out', [DOTENV_ONLY, DOTENV_BOTH])`,
  })
  vi.stubEnv('DOTENV_BOTH', 'from the shell')
  onTestFinished(() => void vi.unstubAllEnvs())
  const driver = await drive(folder, { built })
  await driver.send('a')
  expect(dataOf(driver.outputs)).toEqual([['from .env', 'from the shell']])
  await driver.close()
  await driver.close()
  expect(process.env.DOTENV_ONLY).toBeUndefined()
  await expect(drive(folder, { replace: { b: () => {} } })).rejects.toThrow('no processor is named "b"')
  expect(process.env.DOTENV_ONLY).toBeUndefined()
})

describe.each([false, true])('two open drivers of projects with different .env (built: %s)', (built) => {
  const reading = (value: string) =>
    projectFolder({
      'package.json': '{ "type": "module" }',
      '.env': `DOTENV_SHARED=${value}\nDOTENV_${value}=${value}\n`,
      'topology.json': `{ "name": "t", "environment": ["DOTENV_SHARED", "DOTENV_${value}"], "processors": { "a": "./a.js" } }`,
      'a.js': `const { DOTENV_SHARED } = process.env
        export const handler = (_, context) => context.emit('out', [DOTENV_SHARED, process.env.DOTENV_SHARED, process.env.DOTENV_${value}])`,
    })

  it.each([
    ['first', [0, 1]],
    ['last', [1, 0]],
  ])('each sees its own variables; the one that closes %s leaves those of the other', async (_, order) => {
    const drivers = [await drive(reading('ONE'), { built }), await drive(reading('TWO'), { built })]
    const own = [Array(3).fill('ONE'), Array(3).fill('TWO')]
    for (const driver of drivers) await driver.send('a')
    expect(drivers.map((driver) => dataOf(driver.outputs))).toEqual(own.map((one) => [one]))
    const [closed, open] = order as [number, number]
    await drivers[closed]!.close()
    await drivers[open]!.send('a')
    expect(dataOf(drivers[open]!.outputs)).toEqual([own[open], own[open]])
    await drivers[open]!.close()
    expect(process.env.DOTENV_SHARED).toBeUndefined()
  })
})

describe('two drivers that run at the same time', () => {
  const slow = (value: string, variable = 'AT_ONCE') =>
    projectFolder({
      'package.json': '{ "type": "module" }',
      'topology.json': `{ "name": "t-${value}", "environment": { "${variable}": "${value}" }, "processors": { "a": "./a.js" } }`,
      'a.js': `export const handler = async (_, context) => {
        const before = process.env.${variable}
        await new Promise(setImmediate)
        context.emit('out', [before, process.env.${variable}])
      }`,
    })

  it.each([
    [false, 'AT_ONCE'],
    [true, 'AT_ONCE of "a"'],
  ])(
    'are refused where they set a variable to different values, without disturbing the other (built: %s)',
    async (built, name) => {
      const [one, two] = [await drive(slow('one'), { built }), await drive(slow('two'), { built })]
      const first = one.send('a')
      await expect(two.send('a')).rejects.toThrow(
        `another test driver (of "t-one") is running, and it sets ${name} to another value`,
      )
      await first
      await two.send('a')
      expect([dataOf(one.outputs), dataOf(two.outputs)]).toEqual([[['one', 'one']], [['two', 'two']]])
    },
  )

  it.each([
    ['the same value', () => slow('same')],
    ['other variables', (value: string) => slow(value, `AT_ONCE_${value}`)],
  ])('run with %s', async (_, project) => {
    const drivers = [await drive(project('one')), await drive(project('two'))]
    await Promise.all(drivers.map((driver) => driver.send('a')))
    for (const driver of drivers) {
      const [data] = dataOf(driver.outputs) as [string, string][]
      expect(['one', 'two', 'same']).toContain(data![0])
      expect(data![1]).toBe(data![0])
    }
  })
})

it.each([false, true])('a variable that a handler sets stays set for its next event (built: %s)', async (built) => {
  const folder = projectFolder({
    'package.json': '{ "type": "module" }',
    'topology.json': `{ "name": "t", "processors": { "a": { "path": "./a.js", "environment": { "COUNT": "1" } } } }`,
    'a.js': `export const handler = (_, context) => {
      context.emit('out', process.env.COUNT)
      process.env.COUNT = Number(process.env.COUNT) + 1
    }`,
  })
  const driver = await drive(folder, { built })
  for (let turn = 0; turn < 3; turn++) await driver.send('a')
  expect(dataOf(driver.outputs)).toEqual(['1', '2', '3'])
})
