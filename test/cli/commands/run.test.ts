import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { attak as attakHere } from '../fake-host.ts'
import { folderOf } from '../folder.ts'
import { attak, shell, start } from '../spawned.ts'

const SHOP = {
  'package.json': { type: 'module' },
  'topology.js': `export default {
  name: 'shop',
  processors: {
    intake(event, { emit }) {
      console.log('order', event.body.id)
      emit('order', event.body, { key: String(event.body.id) })
      return { status: 201, body: { id: event.body.id } }
    },
    async bill(order) {
      await new Promise((resolve) => setTimeout(resolve, order.ms ?? 1))
      if (order.bad) throw new Error('no stock')
    },
  },
  streams: [['intake', 'bill', 'order']],
  sources: { orders: { type: 'http', to: 'intake', path: '/orders', port: 0 } },
}
`,
}

/** Starts the shop, and gives what posts an order to it. */
async function openShop(...flags: readonly string[]) {
  const folder = folderOf(SHOP)
  const started = start(folder, 'run', ...flags)
  await started.until('out', '→ intake')
  const [, port] = /localhost:(\d+)\/orders/.exec(started.printed.out)!
  const order = (body: object) =>
    fetch(`http://127.0.0.1:${port}/orders`, {
      ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
      body: JSON.stringify(body),
    })
  const lines = () =>
    started.printed.out
      .trim()
      .split('\n')
      .map((line): Record<string, unknown> => JSON.parse(line))
  return { ...started, folder, order, lines }
}

test('a service answers requests, logs each message as JSON, and ends with 0 on SIGTERM', async () => {
  const { child, order, lines, until, ended } = await openShop()
  const response = await order({ id: 1 })
  expect([response.status, await response.json()]).toEqual([201, { id: 1 }])
  await until('out', '"bill"')
  child.kill('SIGTERM')
  expect(await ended).toBe(0)
  expect(lines()).toMatchObject([
    { attak: 'service', text: 'shop (dev) runs: 2 processors' },
    { attak: 'service', text: expect.stringContaining('/orders → intake') },
    { attak: 'log', processor: 'intake', text: 'order 1' },
    { attak: 'end', processor: 'intake', outcome: 'ok' },
    { attak: 'end', processor: 'bill', from: 'intake', topic: 'order', outcome: 'ok' },
    { attak: 'service', text: 'Stopping.' },
  ])
})

test('a signal lets open messages end, and takes nothing more', async () => {
  const { child, order, printed, until, ended } = await openShop()
  await order({ id: 1, ms: 700 })
  child.kill('SIGINT')
  await until('out', 'Stopping: 1 event open')
  await expect(order({ id: 2 })).rejects.toThrow()
  expect(await ended).toBe(0)
  expect(printed.out).toMatch(/"attak":"end","processor":"bill".*"outcome":"ok"/)
})

test('what does not end within --drain is counted, and the exit code is 1', async () => {
  const { child, order, printed, ended } = await openShop('--drain', '0')
  await order({ id: 1, ms: 600_000 })
  child.kill('SIGTERM')
  expect(await ended).toBe(1)
  expect(printed.out).toContain('1 event of \\"shop\\" could not be done in 0 ms, and is lost.')
})

test('a further signal ends it at once', async () => {
  const { child, order, until, ended } = await openShop()
  await order({ id: 1, ms: 600_000 })
  child.kill('SIGTERM')
  await until('out', 'Stopping: 1 event open')
  // One that comes just after the first may be taken for it.
  const again = setInterval(() => child.kill('SIGTERM'), 300)
  onTestFinished(() => clearInterval(again))
  expect(await ended).toBe(null)
})

test('failures are kept, and attak errors and why find them', async () => {
  const { child, order, until, ended, folder } = await openShop('--quiet')
  await order({ id: 1, bad: true })
  await until('out', '"attak":"error"')
  child.kill('SIGTERM')
  expect(await ended).toBe(0)
  const listed = attak(folder, 'errors', 'list', '--run', '--json')
  expect(JSON.parse(listed.out)[0]).toMatchObject({ processor: 'bill', error: { message: 'no stock' } })
  const why = attak(folder, 'why', '--run')
  expect(why.out).toContain('intake')
  expect(why.out).toContain('no stock')
  expect(attak(folder, 'errors', 'list', '--simulated').out).toContain('0 errors')
})

test('--quiet prints failures alone', async () => {
  const { child, order, lines, until, ended } = await openShop('--quiet')
  await order({ id: 1 })
  await order({ id: 2, bad: true })
  await until('out', '"attak":"error"')
  child.kill('SIGTERM')
  await ended
  const told = lines().filter(({ attak }) => attak !== 'service')
  expect(new Set(told.map(({ level }) => level))).toEqual(new Set(['error']))
})

test('--port serves health, readiness and metrics', async () => {
  const { child, order, printed, until, ended } = await openShop('--port', '0')
  await until('out', '/metrics')
  const [, port] = /localhost:(\d+)\/healthz/.exec(printed.out)!
  const get = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`)
    return [response.status, await response.text()] as const
  }
  await order({ id: 1 })
  await order({ id: 2, bad: true })
  await until('out', '"attak":"error"')
  expect(await get('/healthz')).toEqual([200, 'ok\n'])
  expect(await get('/readyz')).toEqual([200, 'ready\n'])
  expect((await get('/nowhere'))[0]).toBe(404)
  const [, metrics] = await get('/metrics')
  expect(metrics).toContain('attak_handled_total{processor="intake"} 2')
  expect(metrics).toContain('attak_failed_total{processor="bill"} 1')
  expect(metrics).toContain('attak_handler_seconds_count{processor="intake"} 2')
  expect(metrics).toContain('attak_open_events 0')
  await order({ id: 3, ms: 400 })
  child.kill('SIGTERM')
  await until('out', 'Stopping: 1')
  expect(await get('/readyz')).toEqual([503, 'stopping\n'])
  expect(await ended).toBe(0)
})

test.each([
  ['never yields', 'for (;;);', 'has not yielded for'],
  ['ends the process', 'process.exit(0)', 'ended the process, with exit code 0'],
])('a handler that %s ends the service with 1, and is recorded', async (_, code, text) => {
  const folder = folderOf({
    'topology.mjs': `export default { name: 'w', processors: { a: { timeout: 1, handler() { ${code} } } } }`,
  })
  const { code: exit, err } = shell(folder, `echo 1 | attak run --input - --to a`)
  expect([exit, err]).toEqual([1, expect.stringContaining(text)])
  expect(attak(folder, 'errors', 'list', '--run').out).toContain('1 error')
})

const WORDS = {
  'topology.mjs': `export default {
  name: 'words',
  processors: {
    split: (line, { emit }) => void line.split(' ').map((word) => emit('word', word)),
    take(word) { if (word === 'bad') throw new Error('a bad word') },
  },
  streams: [['split', 'take']],
}
`,
}

test('an input is a source that ends: the service ends with it', () => {
  const folder = folderOf(WORDS)
  const { code, out } = shell(folder, `printf 'a b\\nc\\n' | attak run --input - --lines --to split`)
  expect(code).toBe(0)
  expect(out.match(/"processor":"take".*"outcome":"ok"/g)).toHaveLength(3)
  const failed = shell(folder, `echo 'a bad' | attak run --input - --lines --to split --quiet`)
  expect(failed.code).toBe(1)
  expect(failed.out).toContain('a bad word')
})

test('an input that breaks off ends like any other, and its fault is the last word', () => {
  const { code, out, err } = shell(folderOf(WORDS), `(seq 300; echo '{bad'; seq 9) | attak run --input - --to split`)
  expect(code).toBe(1)
  expect(err).toContain('stdin:301:2')
  expect(out.match(/"processor":"split".*"outcome":"failed"/g)).toHaveLength(300)
})

test('while records cannot be written, that is said, and a request has its answer', async () => {
  const folder = folderOf({ ...SHOP, '.attak': 'a file' })
  const { child, until, printed } = start(folder, 'run')
  await until('out', '→ intake')
  const [, port] = /localhost:(\d+)\/orders/.exec(printed.out)!
  const response = await fetch(`http://127.0.0.1:${port}/orders`, {
    ...{ method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"id":1,"bad":true}' },
  })
  expect(response.status).toBe(201)
  await until('out', 'STORE_FAILED')
  expect(printed.out).toContain('could not be kept in the file')
  child.kill('SIGKILL')
})

test.each([
  [WORDS, ['run'], 'nothing brings events to "words"'],
  [SHOP, ['run', '--port', 'x'], '--port: "x" is no whole number from 0 to 65535'],
  [SHOP, ['run', '--broker', 'topology.js'], '--broker: a path is no address'],
  [SHOP, ['run', '--drain', '-1'], '--drain: "-1" is no whole number'],
  [SHOP, ['run', '--log-level', 'loud'], '"loud" is no log level'],
  [SHOP, ['run', '--log-level', 'wran'], 'Did you mean "warn"?'],
  [SHOP, ['run', '--only', 'bil'], 'no processor named "bil". Did you mean "bill"?'],
  [SHOP, ['simulate'], 'there is no input, and a simulation serves no sources'],
  [
    {
      'topology.mjs': `export default { name: 'n', processors: { a() {} }, schedule: { never: { to: 'a', cron: '0 0 30 2 *' } } }`,
    },
    ['run'],
    'sources.never.cron: cron never comes true (topology.mjs)',
  ],
  [WORDS, ['simulate', '--for', '2h'], '--for: the topology has no schedule'],
  [SHOP, ['errors', 'list', '--run', '--simulated'], '--simulated and --run contradict each other'],
])('%o: %j is refused with what to do', async (files, argv, text) => {
  const { code, err } = await attakHere(folderOf(files), argv)
  expect(err).toContain(text)
  expect(code).toBeGreaterThan(0)
  expect(code).toBeLessThan(70)
})

test('a port in use is named, and nothing is left open', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void other.close())
  await new Promise((resolve) => other.once('listening', resolve))
  const { port } = other.address() as AddressInfo
  const folder = folderOf({ ...SHOP, 'topology.js': SHOP['topology.js'].replace('port: 0', `port: ${port}`) })
  const { code, err } = attak(folder, 'run')
  expect([code, err]).toEqual([1, expect.stringContaining('another program listens there')])
})

test('an event of a simulation may be for a source', async () => {
  const folder = folderOf({ ...SHOP, 'input.json': { orders: { body: { id: 5 } } } })
  const { code, out } = await attakHere(folder, ['simulate', '--json'])
  expect(code).toBe(0)
  const entries = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(entries.find(({ kind }) => kind === 'start')).toMatchObject({
    processor: 'intake',
    event: { body: { id: 5 } },
  })
})

test('schedules come in virtual time with --for, the same each time', async () => {
  const folder = folderOf({
    'topology.mjs': `export default {
  name: 'often',
  processors: { tick: (event, { emit }) => void emit('tock', event), tock() {} },
  streams: [['tick', 'tock']],
  schedule: { a: { to: 'tick', rate: '20 minutes' }, b: { to: 'tock', cron: '30 * * * *', event: 1 } },
}`,
  })
  const run = async () => (await attakHere(folder, ['simulate', '--json', '--for', '1h'])).out
  const out = await run()
  const starts = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter(({ kind }) => kind === 'start')
  const minutes = starts.map(({ at, processor }) => `${processor} ${at / 60_000}`)
  expect(minutes).toEqual(['tick 20', 'tock 20', 'tock 30', 'tick 40', 'tock 40', 'tick 60', 'tock 60'])
  expect(await run()).toBe(out)
})

test('--watch serves the new code after a change, and ends what was open with the old', async () => {
  const { child, folder, order, printed, ended } = await openShop('--watch')
  await order({ id: 1, ms: 500 })
  const before = printed.out.length
  writeFileSync(join(folder, 'topology.js'), SHOP['topology.js'].replace('status: 201', 'status: 202'))
  while (!printed.out.slice(before).includes('→ intake')) await once(child.stdout!, 'data')
  expect(printed.out).toMatch(/"processor":"bill".*"outcome":"ok"/)
  const [, port] = /localhost:(\d+)\/orders(?![\s\S]*\/orders)/.exec(printed.out)!
  const response = await fetch(`http://127.0.0.1:${port}/orders`, {
    ...{ method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"id":2}' },
  })
  expect(response.status).toBe(202)
  child.kill('SIGTERM')
  expect(await ended).toBe(0)
})

test('a terminal shows one line for each message, with its time and the first digits of its trace', async () => {
  const folder = folderOf(WORDS)
  const lines: string[] = []
  const { code } = await attakHere(folder, ['run', '--input', '-', '--lines', '--to', 'split'], {
    ...{ stdin: ['a bad'], isTTY: true, columns: 80, now: () => performance.now(), date: () => Date.now() },
    onOut: (text) => lines.push(...text.split('\n').filter((line) => line !== '')),
  })
  expect(code).toBe(1)
  const told = lines.map((line) => line.replace(/\d\d:\d\d:\d\d\.\d{3}/, 'T').replace(/[\d.]+ ms/, 'N ms'))
  expect(told.map((line) => line.replace(/· [0-9a-f]{8}$/, '· ID'))).toEqual([
    'attak run  words (dev) · 2 processors',
    '  stdin',
    'Ctrl-C stops it.',
    'T split  handled in N ms · ID',
    'T take   handled word from split in N ms · ID',
    'T take   failed for good: Error: a bad word · ID',
    expect.stringMatching(/^ +│ {5}at take \(topology\.mjs:/),
    '1 message failed: attak errors list --run',
  ])
})

test('a terminal shows a request that its sender got wrong, though it is not recorded', async () => {
  const stop = new AbortController()
  const files = {
    'topology.mjs': SHOP['topology.js'].replace(
      'console.log',
      "if (event.body.id === 0) throw Object.assign(new Error('no order'), { status: 404 })\n      console.log",
    ),
  }
  const folder = folderOf(files)
  let printed = ''
  const ended = attakHere(folder, ['run'], {
    ...{ isTTY: true, now: () => performance.now(), date: () => Date.now(), signal: stop.signal },
    onOut: (text) => {
      printed += text
    },
  })
  while (!printed.includes('/orders')) await new Promise(setImmediate)
  const [, port] = /localhost:(\d+)/.exec(printed)!
  const response = await fetch(`http://127.0.0.1:${port}/orders`, {
    ...{ method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"id":0}' },
  })
  expect(response.status).toBe(404)
  while (!printed.includes('no order')) await new Promise(setImmediate)
  expect(printed).toMatch(/intake {2}failed: Error: no order · [0-9a-f]{8}\n/)
  stop.abort('SIGTERM')
  expect((await ended).code).toBe(0)
})
