import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { buildPackage, compileServers } from './prepare.mjs'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/**
 * Constant load on `attak run` over Redis, by HTTP, for `--minutes`, with `--rate` events a second. Prints each minute the
 * worker's heap after a garbage collection, its resident memory and what is done, and how much the heap grew at the end.
 */
const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '60' }, rate: { type: 'string', default: '50' } },
})
const minutes = Number(values.minutes)
const rate = Number(values.rate)
if (!(minutes >= 2 && rate > 0)) {
  process.stderr.write('usage: node bench/steady.mjs [--minutes 60] [--rate 50]\n')
  process.exit(2)
}

buildPackage()
await compileServers()
const { startRedis } = await import('./dist/servers.js')
const redis = await startRedis()
const worker = spawn(
  process.execPath,
  ['--expose-gc', 'bin/attak.js', 'run', 'bench/steady/topology.mjs', '--broker', redis.url, '--quiet'],
  { cwd: ROOT, env: { ...process.env, ATTAK_BROKER: '' }, stdio: ['ignore', 'pipe', 'inherit'] },
)
process.once('SIGINT', () => worker.kill())
process.once('exit', () => worker.kill())
const samples = []
let sent = 0
let refused = 0
const url = await readLines(worker.stdout)
const until = Date.now() + minutes * 60_000
while (Date.now() < until && worker.exitCode === null) {
  const began = Date.now()
  await send(sent++)
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, began + 1000 / rate - Date.now())))
}
worker.kill()
const [code] = worker.exitCode === null ? await once(worker, 'exit') : [worker.exitCode]
await redis.stop()
report(code)

async function send(n) {
  const body = JSON.stringify({ n, kind: 'order', paid: true, user: { name: 'Ada Lovelace', city: 'London' } })
  try {
    const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    if (!response.ok) refused++
    await response.text()
  } catch (error) {
    // The service closes a connection that was idle for 5 seconds: on a machine that stood still, a request may meet that.
    print(`event ${n}: ${error.cause?.message ?? error.message}`)
    refused++
  }
}

/** Resolves to the address of the source when the worker says it. Prints each sample. */
function readLines(stdout) {
  return new Promise((resolve, reject) => {
    let rest = ''
    worker.once('exit', (status) => reject(new Error(`attak run ended with ${status}`)))
    stdout.setEncoding('utf8').on('data', (text) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop()
      for (const line of lines) {
        const address = /http:\/\/[\w.]+:\d+\/orders/.exec(line)
        if (address !== null) resolve(address[0])
        const { processor, text: said } = JSON.parse(line)
        if (processor === 'measure' && said !== undefined) sample(JSON.parse(said))
      }
    })
  })
}

function sample({ heapUsed, rss }) {
  samples.push(heapUsed)
  const [heap, resident] = [heapUsed, rss].map((bytes) => (bytes / 1e6).toFixed(1))
  print(`minute ${samples.length}: heap ${heap} MB, resident ${resident} MB, ${sent} events sent, ${refused} refused`)
}

/** The first two minutes fill caches. */
function report(code) {
  const steady = samples.slice(2)
  const slope = slopeOf(steady)
  print(
    `ended with ${code}: ${sent} events sent, ${refused} refused; the heap grew ${(slope / 1000).toFixed(1)} kB a minute`,
  )
}

/** The slope of the straight line that fits best. */
function slopeOf(numbers) {
  const mean = numbers.reduce((sum, each) => sum + each, 0) / numbers.length
  const middle = (numbers.length - 1) / 2
  let [top, bottom] = [0, 0]
  for (const [index, each] of numbers.entries()) {
    top += (index - middle) * (each - mean)
    bottom += (index - middle) ** 2
  }
  return bottom === 0 ? 0 : top / bottom
}

function print(text) {
  process.stdout.write(`${text}\n`)
}
