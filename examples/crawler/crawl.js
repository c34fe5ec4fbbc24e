// Serves the site, starts three workers that share the crawl over Redis, and stops them all on Ctrl-C: node crawl.js
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { serve } from './site.js'

const WORKERS = 3
/** In a project of your own: node_modules/attak/bin/attak.js. */
const ATTAK = fileURLToPath(new URL('../../bin/attak.js', import.meta.url))
const HERE = fileURLToPath(new URL('.', import.meta.url))

const site = await serve()
const broker = process.env.ATTAK_BROKER || 'redis://localhost:6379'
const env = { ...process.env, ATTAK_BROKER: broker, SITE: site.url }
const running = new Set()
const crawl = new Date().toISOString()
let isStopping = false

for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, stop)
for (let number = 1; number <= WORKERS; number++) begin(number)

/**
 * Starts a worker; the first one gets the first page, also when it is started again: the page is crawled once. One that ends by
 * itself is started again after a second.
 */
function begin(number) {
  const isFirst = number === 1
  const child = attak(isFirst ? ['--input', '-', '--to', 'frontier'] : [])
  child.stdin.end(isFirst ? JSON.stringify({ crawl, url: 'http://tea.example/', steps: 0 }) : '')
  createInterface({ input: child.stdout }).on('line', (line) => show(number, JSON.parse(line)))
  child.once('exit', (code) => {
    if (isStopping) return
    print(`worker ${number} ended with ${code}`)
    setTimeout(() => isStopping || begin(number), 1000)
  })
}

/** Ctrl-C reaches all processes of a terminal's group. Each has a group of its own, so that it gets one signal, from here. */
function attak(args) {
  const argv = [ATTAK, 'run', HERE, ...args]
  const child = spawn(process.execPath, argv, { env, detached: true, stdio: ['pipe', 'pipe', 'inherit'] })
  running.add(child)
  child.once('exit', (code) => {
    running.delete(child)
    if (!isStopping) return
    if (code !== 0) process.exitCode = 1
    if (running.size === 0) site.close()
  })
  return child
}

/** Lets all workers finish what they have. A second signal ends them at once. */
function stop() {
  isStopping = true
  if (running.size === 0) site.close()
  for (const child of running) child.kill()
}

/** Shows what is found, and what fails. */
function show(number, { attak: kind, topic, data, error, level, text }) {
  if (kind === 'output') print(`worker ${number}  ${topic}  ${data.url ?? data}`)
  else if (kind === 'error') print(`worker ${number}  failed  ${error.message}`)
  else if (level === 'warn' || level === 'error') print(`worker ${number}  ${text ?? error.message}`)
}

function print(text) {
  process.stdout.write(`${text}\n`)
}

process.once('exit', () => print(`${site.requests()} requests, at most ${site.mostAtOnce()} at once to one host`))
