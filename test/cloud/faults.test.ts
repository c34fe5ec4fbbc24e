import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, inject, test } from 'vitest'
import { attak, emulated, type Fields, projects, type Ran } from './attak.ts'
import { everythingOf } from './everything.ts'
import { type FaultProxy, openFaultProxy } from './fault-proxy.ts'

/** `npm run test:faults -- 200` sets the first. */
const ROUNDS = Number(process.env.FAULT_ROUNDS ?? 5)
const FIRST_SEED = Number(process.env.FAULT_SEED ?? 1)
const SHARE = 0.15
/** How often a command is repeated at most. */
const MOST_TRIES = 10

const EVENTS = 4
const PER_EVENT = 10

/**
 * Two ways by each transport, to a processor that writes down what arrives, since what functions log is read back later
 * and less surely. ministack begins to read an existing stream where it first looks, not at the time that is set for the
 * mapping. So these streams are read from their start. Packs are small so that there are several to a call.
 */
const FILES = {
  'package.json': JSON.stringify({ type: 'module', main: 'topology.js' }),
  'topology.js': `const path = (from, to, via) => ({ from, to, topic: to, via, pack: 3, ...(via === 'kinesis' && { startingPosition: 'TRIM_HORIZON' }) })
export default {
  name: 'faulty',
  environment: ['AWS_ENDPOINT_URL', 'ARRIVED'],
  processors: {
    spout: (event, context) => Promise.all(event.numbers.flatMap((number) => [
      context.emit('left', { name: event.name, number }),
      context.emit('right', { name: event.name, number }),
    ])),
    left: './left',
    right: './right',
    sink: './sink',
  },
  streams: [
    path('spout', 'left', 'kinesis'), path('left', 'sink', 'sqs'),
    path('spout', 'right', 'sqs'), path('right', 'sink', 'kinesis'),
  ],
}
`,
  'left.js': `export const handler = (event, context) => context.emit('sink', { ...event, by: 'left' })\n`,
  'right.js': `export const handler = (event, context) => context.emit('sink', { ...event, by: 'right' })\n`,
  'sink.js': `import { appendFileSync } from 'node:fs'
export function handler(event, context) {
  appendFileSync(process.env.ARRIVED, JSON.stringify({ id: context.id, event: [event.name, event.number, event.by] }) + '\\n')
}
`,
}

const projectOf = projects()
const rounds: { readonly faults: readonly string[]; readonly repeats: number; readonly again: number }[] = []
afterAll(() => {
  const faults = rounds.flatMap((round) => round.faults.map((fault) => fault.split(': ')[1]!))
  const sum = (count: 'repeats' | 'again') => rounds.reduce((total, round) => total + round[count], 0)
  const kinds = [...new Set(faults)].sort().map((kind) => `${faults.filter((one) => one === kind).length} ${kind}`)
  const made = `${rounds.length} rounds with ${faults.length} faults (${kinds.join(', ')})`
  process.stdout.write(`${made}: ${sum('repeats')} commands repeated, ${sum('again')} messages came again\n`)
})

/** A command line of one project and stage whose AWS is behind a proxy, as that of its functions. */
function worldOf(name: string, proxy: FaultProxy) {
  const project = projectOf(name, { ...FILES, 'arrived.jsonl': '' })
  const arrived = join(project, 'arrived.jsonl')
  const env = { ...emulated(proxy.address), ARRIVED: arrived }
  const run = (...argv: readonly string[]): Promise<Ran> => attak(project, [...argv, '--stage', name], env)
  let repeats = 0
  return {
    project,
    run,
    repeats: () => repeats,
    arrived: () =>
      readFileSync(arrived, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line): Fields => JSON.parse(line)),
    /** Runs a command until it succeeds. */
    async insist(...argv: readonly string[]): Promise<Ran> {
      for (let tries = 1; ; tries++) {
        const ran = await run(...argv)
        if (ran.code === 0) return ran
        if (ran.code !== 1 || tries === MOST_TRIES) throw new Error(`${argv[0]} exited with ${ran.code}:\n${ran.err}`)
        repeats++
      }
    },
  }
}

describe('a stage in a cloud with random failures', () => {
  test.concurrent.each(Array.from({ length: ROUNDS }, (_, index) => FIRST_SEED + index))(
    'is deployed, loses no message and is removed completely: round %i',
    async (seed) => {
      const proxy = await openFaultProxy(inject('ministack'), { seed, share: SHARE })
      // No stage's name begins with another's.
      const stage = `r${String(seed).padStart(6, '0')}`
      const { project, run, insist, arrived, repeats } = worldOf(stage, proxy)
      const names = Array.from({ length: EVENTS }, (_, index) => `e${index}`)
      const numbers = Array.from({ length: PER_EVENT }, (_, index) => index)
      const wanted = names.flatMap((name) =>
        numbers.flatMap((number) =>
          [
            [name, number, 'left'],
            [name, number, 'right'],
          ].map((one) => JSON.stringify(one)),
        ),
      )
      try {
        await insist('deploy', '--yes')
        expect(await run('plan', '--exit-code')).toMatchObject({ code: 0 })

        const input = names.map((name) => ({ to: 'spout', event: { name, numbers } }))
        writeFileSync(join(project, 'input.json'), JSON.stringify(input))
        writeFileSync(join(project, 'left.js'), `${FILES['left.js']}\n// changed\n`)
        const [triggered] = await Promise.all([run('trigger'), insist('deploy', '--yes')])
        expect(triggered).toMatchObject({ code: 0 })

        const distinct = () => new Map(arrived().map(({ id, event }) => [id, JSON.stringify(event)]))
        for (let tries = 0; distinct().size < wanted.length && tries < 300; tries++) await sleep(200)
        expect([...distinct().values()].sort()).toEqual(wanted.sort())

        await insist('destroy', '--yes')
        expect(await everythingOf(inject('ministack'), `faulty--${stage}`)).toEqual([])
      } finally {
        proxy.calm()
        await run('destroy', '--yes')
        await proxy.close()
      }
      rounds.push({ faults: proxy.faults, repeats: repeats(), again: arrived().length - wanted.length })
    },
  )
})
