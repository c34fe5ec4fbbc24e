import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { openStage, type TestWorker, until } from '../contract/broker.ts'
import { type Random, randomOf } from '../contract/random.ts'
import type { TestServer } from './process.ts'
import type { Proxy as ServerProxy } from './servers.ts'

/** What a round of faults is made with. */
export interface Round {
  readonly seed: number
  readonly server: TestServer
  /** A way to the server that can be cut. */
  readonly proxy: ServerProxy
  /** The server's address by way of the proxy. */
  readonly proxied: string
  /** How long the server needs until what it made survives SIGKILL. Default: it has made it then. */
  readonly settleMs?: number
}

/** What became of the messages of a round. */
export interface Count {
  readonly messages: number
  /** Neither handled nor recorded as failed. */
  readonly lost: number
  /** Error records, by their codes: no handler fails for good. */
  readonly recorded: readonly string[]
  /** Committed for the first time after a later one of their key. */
  readonly outOfOrder: number
  /** Handled once more than needed. */
  readonly twice: number
  /** What was done to workers, the network and the broker. */
  readonly faults: readonly string[]
}

const KEYS = 8
const PER_KEY = 25
/** Faults of one round. */
const FAULTS = 6
const LEASE_SECONDS = 1

/** Some messages fail at first, some take long, so that workers always have keys that are held. */
const TOPOLOGY = `
import { appendFileSync } from 'node:fs'
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
export default (name) => ({
  name,
  processors: {
    intake: (event, { emit }) => void emit('order', event, { key: event.key }),
    async work(event, { emit, attempt }) {
      if (event.n % 7 === 3 && attempt < 3) throw new Error('not yet')
      await sleep(event.n % 5 === 0 ? 30 : 1)
      void emit('done', event, { key: event.key })
    },
    sink: ({ key, n }) => appendFileSync(process.env.NOTES, key + ' ' + n + '\\n'),
  },
  streams: [
    { from: 'intake', to: 'work', retries: 3, backoff: { firstMs: 40, jitter: false } },
    ['work', 'sink'],
  ],
})
`

/** One event ends its process, whichever worker has it. */
const POISONED = `
import { appendFileSync } from 'node:fs'
export default (name) => ({
  name,
  processors: {
    work({ n }) {
      if (n === 13) process.kill(process.pid, 'SIGKILL')
      appendFileSync(process.env.NOTES, n + '\\n')
    },
  },
  streams: [],
})
`

/** What a message does that ends its process. */
export interface Poisoned {
  /** Sorted, each once. */
  readonly handled: readonly number[]
  readonly recorded: readonly { readonly n: number; readonly code: string | undefined }[]
  /** How many workers it ended. */
  readonly deaths: number
}

/** Runs a worker again and again, until all messages are done. */
export async function poisonRound(server: TestServer): Promise<Poisoned> {
  const run = openRun(server.url, POISONED)
  let deaths = 0
  try {
    const sender = await run.stage.worker({ processors: { work: () => {} }, streams: [] }, { runs: [] })
    for (let n = 0; n < 30; n++) await sender.take({ to: 'work', event: { n } })
    const { broker } = await run.stage.broker()
    await until(async () => {
      if (run.workers.size === 0) {
        run.begin(server.url, (code) => {
          if (code !== 0) deaths++
        })
      }
      return (await broker.errors.list()).records.length > 0 && new Set(run.noted()).size === 29
    })
    const { records } = await broker.errors.list()
    const recorded = records.map(({ message, error }) => ({ ...(message!.data as { n: number }), code: error.code }))
    return { handled: [...new Set(run.noted())].map(Number).sort((a, b) => a - b), recorded, deaths }
  } finally {
    await run.close()
  }
}

/** Worker processes of a stage of its own. */
function openRun(url: string, topology: string) {
  const stage = openStage(url)
  const folder = mkdtempSync(join(tmpdir(), 'attak-faults-'))
  const notes = join(folder, 'notes')
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  writeFileSync(join(folder, 'parts.js'), topology)
  const file = join(folder, 'topology.js')
  writeFileSync(file, `import make from './parts.js'\nexport default make(${JSON.stringify(stage.name)})\n`)
  writeFileSync(notes, '')
  const workers = new Set<ChildProcess>()
  return {
    stage,
    workers,
    begin(address: string, ended: (code: number | null) => void = () => {}) {
      const args = [resolve('bin/attak.js'), 'run', file, '--broker', address, '--lease', `${LEASE_SECONDS}`, '--quiet']
      const env = { PATH: process.env.PATH, NOTES: notes }
      const child = spawn(process.execPath, args, { cwd: folder, env, stdio: ['ignore', 'ignore', 'inherit'] })
      workers.add(child)
      child.on('exit', (code) => {
        workers.delete(child)
        ended(code)
      })
    },
    noted: () =>
      readFileSync(notes, 'utf8')
        .split('\n')
        .filter((line) => line !== ''),
    async close() {
      await Promise.all([...workers].map((child) => end(child, 'SIGKILL')))
      const { broker } = await stage.broker()
      await broker.destroy()
      await stage.close()
      rmSync(folder, { recursive: true })
    },
  }
}

/** Runs workers as processes, and ends, pauses and cuts them off while messages move. */
export async function faultRound({ seed, server, proxy, proxied, settleMs = 0 }: Round): Promise<Count> {
  const random = randomOf(seed)
  const run = openRun(server.url, TOPOLOGY)
  const begin = () => run.begin(random() < 0.5 ? server.url : proxied)
  const faults: string[] = []
  try {
    begin()
    begin()
    const sender = await openSender(run.stage)
    await wait(settleMs)
    const sending = sendAll(sender)
    const faulty = { random, workers: run.workers, begin, server, proxy }
    for (let count = 0; count < FAULTS; count++) {
      await wait(100 + 700 * random())
      const [name, cause] = FAULT_KINDS[Math.floor(random() * FAULT_KINDS.length)]!
      faults.push(name)
      await cause(faulty)
      while (run.workers.size < 2) begin()
    }
    await sending
    const { broker } = await run.stage.broker()
    const records = async () => (await broker.errors.list()).records
    const isDone = async () => {
      if (run.workers.size === 0) begin()
      return new Set(run.noted()).size + (await records()).length >= KEYS * PER_KEY
    }
    await until(isDone, 6000).catch(() => {})
    const recorded = (await records()).map(({ error }) => error.code ?? error.name)
    const { lost, ...count } = counted(run.noted())
    return { ...count, lost: lost - recorded.length, recorded, messages: KEYS * PER_KEY, faults }
  } finally {
    await proxy.enable(true)
    await run.close()
  }
}

/** A worker that runs nothing. Faults come when it is there: a worker that cannot start would send nothing. */
function openSender(stage: ReturnType<typeof openStage>): Promise<TestWorker> {
  const none = () => {}
  return stage.worker(
    {
      processors: { intake: none, work: none, sink: none },
      streams: [
        ['intake', 'work'],
        ['work', 'sink'],
      ],
    },
    { runs: [] },
  )
}

/** Each key in order, all keys at once. */
async function sendAll(sender: TestWorker): Promise<void> {
  await Promise.all(
    Array.from({ length: KEYS }, async (_, key) => {
      for (let n = 0; n < PER_KEY; n++) {
        await sender.take({ to: 'intake', event: { key: `k${key}`, n }, key: `k${key}` })
        await wait(40)
      }
    }),
  )
}

function counted(noted: readonly string[]): Pick<Count, 'lost' | 'outOfOrder' | 'twice'> {
  const seen = new Set(noted)
  const highest = new Map<string, number>()
  const before = new Set<string>()
  let outOfOrder = 0
  for (const line of noted) {
    if (before.has(line)) continue
    before.add(line)
    const [key = '', n = ''] = line.split(' ')
    const last = highest.get(key) ?? -1
    if (Number(n) < last) outOfOrder++
    else highest.set(key, Number(n))
  }
  return { lost: KEYS * PER_KEY - seen.size, outOfOrder, twice: noted.length - seen.size }
}

interface Faulty {
  readonly random: Random
  readonly workers: ReadonlySet<ChildProcess>
  begin(): void
  readonly server: TestServer
  readonly proxy: ServerProxy
}

function any({ workers, random }: Faulty): ChildProcess {
  return [...workers][Math.floor(random() * workers.size)]!
}

const exited = (child: ChildProcess) => new Promise((done) => child.once('exit', done))

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const over = exited(child)
  child.kill(signal)
  await over
}

const FAULT_KINDS: readonly (readonly [string, (faulty: Faulty) => Promise<void>])[] = [
  ['worker killed', (faulty) => end(any(faulty), 'SIGKILL')],
  ['worker stopped', (faulty) => end(any(faulty), 'SIGTERM')],
  [
    'worker paused',
    async (faulty) => {
      const child = any(faulty)
      child.kill('SIGSTOP')
      await wait(1000 * LEASE_SECONDS * (0.5 + 2.5 * faulty.random()))
      child.kill('SIGCONT')
    },
  ],
  ['worker added', async ({ begin }) => begin()],
  [
    'broker killed',
    async ({ server, random }) => {
      await server.kill()
      await wait(1500 * random())
      await server.restart()
    },
  ],
  [
    'connections cut',
    async ({ proxy, random }) => {
      await proxy.enable(false)
      await wait(2000 * random())
      await proxy.enable(true)
    },
  ],
  [
    'answers lost',
    async ({ proxy, random }) => {
      const heal = await proxy.toxic('limit_data', { bytes: Math.floor(4000 * random()) })
      await wait(1000)
      await heal()
    },
  ],
  [
    'network slow',
    async ({ proxy, random }) => {
      const heal = await proxy.toxic('latency', { latency: Math.floor(200 * random()), jitter: 100 })
      await wait(1000)
      await heal()
    },
  ],
]
