import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { type InputOptions, openInput } from '../src/project/input.ts'
import { loadProject, type Project } from '../src/project/project.ts'
import { recordLines } from '../src/simulator/json-lines.ts'
import type { SimulationOptions } from '../src/simulator/options.ts'
import { recordEntries } from '../src/simulator/recorder.ts'
import { simulate } from '../src/simulator/simulate.ts'
import type { EmitEntry, TranscriptEntry } from '../src/simulator/transcript.ts'
import type { InputEvent } from '../src/topology/topology.ts'

const root = fileURLToPath(new URL('../examples/', import.meta.url))
/** Those with a topology. */
const names = readdirSync(root).filter((name) => existsSync(`${root}${name}/expected.json`))

async function load(name: string) {
  const project = await loadProject(name, { cwd: root, stage: 'dev' })
  return { project, events: await eventsOf(project) }
}

async function eventsOf({ topology, dir }: Project, given?: string): Promise<readonly InputEvent[]> {
  const options: InputOptions = { given, topology, dir, cwd: dir, stdin: process.stdin, badLines: 'stop' }
  const { chunks } = await openInput(options)
  const events: InputEvent[] = []
  for await (const chunk of chunks) events.push(...chunk)
  return events
}

const now = () => performance.now()

async function run(project: Project, events: readonly InputEvent[], options: Partial<SimulationOptions> = {}) {
  const entries: TranscriptEntry[] = []
  const { graph, processors } = project
  const recorder = recordEntries((entry) => entries.push(entry))
  const { summary } = await simulate({ graph, processors, input: [events], now, recorder, ...options })
  return { entries, summary, outputs: outputsOf(entries) }
}

/** What expected.json holds of each emit without a receiver. */
type Output = Pick<EmitEntry, 'processor' | 'topic' | 'key' | 'data'>

function outputsOf(entries: readonly TranscriptEntry[]): Output[] {
  return entries.flatMap((entry) => {
    if (entry.kind !== 'emit' || entry.to.length > 0) return []
    const { processor, topic, key, data } = entry
    return [{ processor, topic, ...(key !== undefined && { key }), data }]
  })
}

/** Which functions of Node call a handler that waited depends on how busy the machine is; commands leave them out. */
const STACK = /"stack":"(?:[^"\\]|\\.)*"/g

async function digestOf({ graph, processors }: Project, events: readonly InputEvent[]): Promise<string> {
  const hash = createHash('sha256')
  const lines = recordLines({ write: (text) => hash.update(text.replace(STACK, '')) })
  await simulate({ graph, processors, input: [events], now, recorder: lines })
  lines.flush()
  return hash.digest('hex')
}

describe.each(names)('the example %s', (name) => {
  test('has the summary and the outputs of its expected.json', async () => {
    const { project, events } = await load(name)
    expect(project.warnings).toEqual([])
    const { summary, outputs } = await run(project, events)
    expect({ summary, outputs }).toEqual(JSON.parse(readFileSync(`${root}${name}/expected.json`, 'utf8')))
  })

  test('has the same transcript in 10 runs', async () => {
    const { project, events } = await load(name)
    const digests = new Set<string>()
    for (let count = 0; count < 10; count++) digests.add(await digestOf(project, events))
    expect(digests.size).toBe(1)
  })

  test('does on the command line what its README shows', () => {
    const readme = readFileSync(`${root}${name}/README.md`, 'utf8')
    const [, command = ''] = /^ {4}npx attak (.*)$/m.exec(readme) ?? []
    const attak = fileURLToPath(new URL('../bin/attak.js', import.meta.url))
    const { status, stdout } = spawnSync(process.execPath, [attak, ...command.split(' ')], {
      cwd: fileURLToPath(new URL('..', import.meta.url)),
      env: { ...process.env, NO_COLOR: '1' },
      encoding: 'utf8',
    })
    expect(status).toBe(0)
    const shown = readme.match(/^ {4}.* [⇒↻←] .*/gm) ?? []
    expect(shown).not.toEqual([])
    for (const line of shown) expect(stdout).toContain(`${line.slice(4)}\n`)
  })
})

describe('github-events', () => {
  test('has every payload of its package as input, and a question about each repository', async () => {
    const { events } = await load('github-events')
    const questions = events.filter(({ event }) => (event as { event: string }).event === 'question')
    expect(events.length - questions.length).toBe(payloads())
    expect(questions).toHaveLength(new Set(events.map(({ key }) => key)).size)
  })

  test('has the same report with any number of concurrent handlers', async () => {
    const { project, events } = await load('github-events')
    const { outputs } = await run(project, events)
    for (const concurrency of [1, 2, 7]) {
      expect((await run(project, events, { concurrency })).outputs).toEqual(outputs)
    }
  })

  test('reports what is wrong with the events in refused.json', async () => {
    const { project } = await load('github-events')
    const { entries, summary } = await run(project, await eventsOf(project, 'refused.json'))
    expect(summary.failed).toBe(2)
    const errors = entries.flatMap((entry) => (entry.kind === 'end' ? [entry.error?.message] : []))
    expect(errors[0]).toContain('payload.repository.full_name: Invalid input: expected string, received number')
    expect(errors[1]).toContain('event: Too small')
  })
})

describe('guthega-configs', () => {
  const conf = `${root}guthega-configs/conf/`
  const orders = ['{"article":"tea","count":3}', '{"article":"tea","count":4}']

  test('answers with what its receiver returns', async () => {
    const { answers, lines } = await sendTo('receiver.json', orders)
    expect(answers).toMatchObject([
      { article: 'tea', total: 3 },
      { article: 'tea', total: 7 },
    ])
    expect(lines.find(({ attak }) => attak === 'log')).toMatchObject({
      text: expect.stringMatching(/^north: 3 tea, request /),
    })
  })

  test('writes what it receives to a file', async () => {
    const { written } = await sendTo('to-file.json', orders)
    expect(written.map(({ message }) => message)).toEqual(orders.map((order) => JSON.parse(order)))
  })

  /** Runs the source, on a port that the system chooses, with a receiver, and posts to it. */
  async function sendTo(receiver: string, bodies: readonly string[]) {
    const folder = mkdtempSync(join(tmpdir(), 'attak-example-'))
    const source = JSON.parse(readFileSync(`${conf}source.json`, 'utf8'))
    writeFileSync(
      join(folder, 'source.json'),
      JSON.stringify({ ...source, properties: { ...source.properties, port: 0 } }),
    )
    const attak = fileURLToPath(new URL('../bin/attak.js', import.meta.url))
    const args = [attak, 'run', '--source', 'source.json', '--receiver', `${conf}${receiver}`]
    const child = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] })
    try {
      const lines: Record<string, unknown>[] = []
      const answers: unknown[] = []
      for await (const line of createInterface({ input: child.stdout })) {
        lines.push(JSON.parse(line))
        const [url] = /http:\/\/localhost:\d+/.exec(line) ?? []
        if (url === undefined) continue
        for (const body of bodies) answers.push(await (await fetch(url, { method: 'POST', body })).json())
        child.kill()
      }
      const file = join(folder, 'orders.jsonl')
      const text = existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : []
      return { answers, lines, written: text.map((line): { message: unknown } => JSON.parse(line)) }
    } finally {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL')
        await once(child, 'exit')
      }
      rmSync(folder, { recursive: true })
    }
  }
})

function payloads(): number {
  const folder = new URL('../node_modules/@octokit/webhooks-examples/', import.meta.url)
  const indexes = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /\bindex\.json$/.test(file),
  )
  const definitions = indexes.flatMap((file): { examples: unknown[] }[] =>
    JSON.parse(readFileSync(new URL(file, folder), 'utf8')),
  )
  return definitions.flatMap(({ examples }) => examples).length
}
