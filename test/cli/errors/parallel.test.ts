import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { folderOf } from '../folder.ts'
import { start } from '../spawned.ts'

/** Each event fails with its number and with the name of its run. */
const FAILING = {
  'package.json': { type: 'module', main: 'topology.js' },
  'topology.js': `export default { name: 'orders', processors: { bill(event) { throw new Error('no: ' + event) } } }\n`,
}
const SIMULATE = ['simulate', '--quiet', '--input', '-', '--to', 'bill']

async function run(folder: string, ...argv: readonly string[]) {
  const { printed, ended } = start(folder, ...argv)
  return { code: await ended, ...printed }
}

/** Lists the errors of the last simulation in its own process. Fails if the command says that it could not read one. */
async function listed(folder: string) {
  const { code, out, err } = await run(folder, 'errors', 'list', '--simulated', '--json')
  expect([code, err]).toEqual([0, ''])
  return JSON.parse(out) as { id: string; message: { id: string; data: string } }[]
}

/** Lists the errors once there are as many as `count`, or once `simulation` has ended. */
async function listedOnce(folder: string, count: number, { child }: ReturnType<typeof start>) {
  for (;;) {
    const isOver = child.exitCode !== null
    const records = await listed(folder)
    if (records.length >= count || isOver) return records
  }
}

const eventsOf = (name: string, from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => `${name} ${from + index}`)
const linesOf = (events: readonly string[]) => events.map((event) => `${JSON.stringify(event)}\n`).join('')

test('a purge beside a simulation and other purges removes only its own errors', async () => {
  const folder = folderOf(FAILING)
  const [first, ...rest] = Array.from({ length: 6 }, (_, index) => eventsOf('a', index * 200, (index + 1) * 200))
  const simulation = start(folder, ...SIMULATE)
  simulation.child.stdin?.write(linesOf(first!))
  const purged = (await listedOnce(folder, first!.length, simulation)).slice(0, 6)
  const purges = purged.map(({ id }) => run(folder, 'errors', 'purge', id, '--yes', '--simulated'))
  const isRunning = { purges: true }
  const reading = (async () => {
    while (isRunning.purges) await listed(folder)
  })()
  for (const [index, events] of rest.entries()) {
    await purges[index]
    simulation.child.stdin?.write(linesOf(events))
  }
  expect((await Promise.all(purges)).map(({ code }) => code)).toEqual(purged.map(() => 0))
  isRunning.purges = false
  await reading
  simulation.child.stdin?.end()
  expect(await simulation.ended).toBe(1)
  const gone = new Set(purged.map(({ message }) => message.data))
  const left = [...first!, ...rest.flat()].filter((event) => !gone.has(event))
  expect((await listed(folder)).map(({ message }) => message.data).sort()).toEqual(left.sort())
})

test('of two simulations at once, one keeps all its errors and the other reports that it lost its own', async () => {
  const folder = folderOf(FAILING)
  const one = start(folder, ...SIMULATE)
  one.child.stdin?.write(linesOf(eventsOf('one', 0, 200)))
  await listedOnce(folder, 200, one)
  // Not before: a simulation that starts slowly would remove these.
  const other = start(folder, ...SIMULATE)
  const first = other.until('out', 'other 0')
  other.child.stdin?.write(linesOf(eventsOf('other', 0, 1)))
  await first
  one.child.stdin?.end(linesOf(eventsOf('one', 200, 400)))
  other.child.stdin?.end(linesOf(eventsOf('other', 1, 400)))
  expect(await Promise.all([one.ended, other.ended])).toEqual([1, 1])
  expect((await listed(folder)).map(({ message }) => message.data).sort()).toEqual(eventsOf('other', 0, 400).sort())
  expect(one.printed.err).toContain('[STORE_FAILED]')
  expect(one.printed.out).not.toContain('attak errors')
  expect(other.printed.err).not.toContain('[STORE_FAILED]')
})

test('simulations that start at the same moment never mix their errors', async () => {
  const folder = folderOf(FAILING)
  const names = ['a', 'b', 'c', 'd']
  const runs = names.map((name) => {
    const simulation = start(folder, ...SIMULATE)
    simulation.child.stdin?.end(linesOf(eventsOf(name, 0, 300)))
    return simulation
  })
  await Promise.all(runs.map(({ ended }) => ended))
  const records = await listed(folder)
  const [winner] = records[0]!.message.data.split(' ')
  expect(records.map(({ message }) => message.data).sort()).toEqual(eventsOf(winner!, 0, 300).sort())
  const told = runs.map(({ printed }) => printed.err.includes('[STORE_FAILED]'))
  expect(told[names.indexOf(winner!)]).toBe(false)
})

test('after kill -9 every failure in the trace is listed, and the next command can read the file', async () => {
  const folder = folderOf(FAILING)
  const trace = join(folder, 'trace.jsonl')
  for (let round = 1; round <= 3; round++) {
    const simulation = start(folder, ...SIMULATE, '--trace', trace)
    simulation.child.stdin?.on('error', () => {})
    simulation.child.stdin?.write(linesOf(eventsOf(`round ${round}`, 0, 40_000)))
    await listedOnce(folder, 1, simulation)
    simulation.child.kill('SIGKILL')
    await simulation.ended
    const told = readFileSync(trace, 'utf8')
      .split('\n')
      .flatMap((line) => (/^\{"kind":"end".*"message":"([0-9a-f]+)","outcome":"failed"/.exec(line) ?? []).slice(1))
    const ids = new Set((await listed(folder)).map(({ message }) => message.id))
    expect(told.filter((id) => !ids.has(id))).toEqual([])
    await run(folder, 'simulate', '--quiet', '--input', '{"bill":1}')
  }
})
