import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { folderOf, HELLO } from '../cli/folder.ts'
import { attak, attakJson, copyOf, type Fields, outputsIn } from './attak.ts'

/** Each event that is triggered starts a process at once. */
const MOST_EVENTS = 8

let stages = 0

/** A separate stage, destroyed when the test ends. */
function stageIn(folder: string): readonly ['--stage', string] {
  const stage = ['--stage', `t${++stages}`] as const
  onTestFinished(async () => void (await attak(folder, ['destroy', '--yes', ...stage])))
  return stage
}

/** Deploys what is in a folder, triggers it, and returns the results until it was quiet. */
async function deployAndFollow(folder: string, stage: readonly string[], ...argv: readonly string[]) {
  await attakJson(folder, ['deploy', '--yes', ...stage])
  return attakJson(folder, ['trigger', '--follow', '--quiet-after', '5', ...argv, ...stage])
}

/** What a simulation of the same says comes out, in the same form. */
async function simulatedOutputs(folder: string): Promise<readonly string[]> {
  const lines = await attakJson(folder, ['simulate'])
  return lines
    .filter(({ kind, to }) => kind === 'emit' && to.length === 0)
    .map(({ processor, topic, data }) => JSON.stringify([processor, topic, data]))
    .sort()
}

describe('a deployed topology does the same as a simulated one', () => {
  test('hello-world', async () => {
    const folder = copyOf('hello-world')
    const followed = await deployAndFollow(folder, stageIn(folder))
    expect(outputsIn(followed)).toEqual(await simulatedOutputs(folder))
    expect(outputsIn(followed)).not.toEqual([])
  })

  test('github-events, in TypeScript, with a schema and packages', async () => {
    const folder = resolve('examples/github-events')
    const few = join(folderOf({}), 'few.json')
    const events = await attakJson(folder, ['simulate'])
    const inputs = events.filter((line) => line.kind === 'start' && line.parent === undefined).slice(0, MOST_EVENTS)
    writeFileSync(few, JSON.stringify(inputs.map(({ processor, event }) => ({ to: processor, event }))))
    const stage = stageIn(folder)
    const followed = await deployAndFollow(folder, stage, '--input', few)
    const handled = followed.filter(({ kind, outcome }) => kind === 'end' && outcome === 'ok')
    const simulated = (await attakJson(folder, ['simulate', '--input', few])).at(-1)!
    const counts: Record<string, number> = {}
    for (const { processor } of handled) counts[processor] = (counts[processor] ?? 0) + 1
    expect(counts).toEqual(nonZero(simulated.handled))
  })

  test('streams over SQS, inline, dynamic and instance processors', async () => {
    const folder = folderOf({
      'package.json': { type: 'module', main: 'topology.js' },
      'topology.js': `class Counter { count = 0; handler(event, context) { return context.emit('counted', [event, this.count >= 0]) } }
export default {
  name: 'mixed',
  processors: () => ({
    spout: (event, context) => context.emit('text', event),
    upper: './upper',
    counter: new Counter(),
  }),
  streams: [
    { from: 'spout', to: 'upper', topic: 'text', via: 'sqs' },
    { from: 'upper', to: 'counter' },
  ],
}
`,
      'upper.js':
        'export const handler = (event, context, callback) => { context.emit("upper", event.toUpperCase()); callback() }\n',
      'input.json': [
        { to: 'spout', event: 'a' },
        { to: 'spout', event: 'b' },
      ],
    })
    const followed = await deployAndFollow(folder, stageIn(folder))
    expect(outputsIn(followed)).toEqual(await simulatedOutputs(folder))
    expect(outputsIn(followed)).toHaveLength(2)
  })

  test('a processor invokes another and gets its result', async () => {
    const folder = folderOf({
      'package.json': { type: 'module', main: 'topology.js' },
      'topology.js': `export default {
  name: 'asking',
  processors: {
    asker: { handler: async (event, context) => context.emit('answer', await context.invoke('oracle', event)), invokes: ['oracle'] },
    oracle: async (question) => ({ question, answer: 42 }),
  },
}
`,
      'input.json': { asker: 'what?' },
    })
    const followed = await deployAndFollow(folder, stageIn(folder))
    expect(outputsIn(followed)).toEqual(['["asker","answer",{"question":"what?","answer":42}]'])
  })
})

describe('the life of a stage', () => {
  test('deploys change only what was edited, and destroy leaves nothing', async () => {
    const folder = folderOf(HELLO)
    const stage = stageIn(folder)
    const deploy = async (...argv: string[]): Promise<Fields> =>
      (await attakJson(folder, ['deploy', '--yes', ...argv, ...stage]))[0]!
    const changesOf = ({ changes }: Fields) => changes.map((one: Fields) => `${one.change} ${one.id}`)
    expect(changesOf(await deploy())).toContain('create function/reverse')
    expect(changesOf(await deploy())).toEqual([])
    expect(await attak(folder, ['plan', '--exit-code', ...stage])).toMatchObject({ code: 0 })

    writeFileSync(
      join(folder, 'reverse.js'),
      'export const handler = (event, context) => context.emit("same", event)\n',
    )
    expect(await attak(folder, ['plan', '--exit-code', ...stage])).toMatchObject({ code: 3 })
    expect(changesOf(await deploy())).toEqual(['update function/reverse'])

    const [status] = await attakJson(folder, ['status', ...stage])
    expect(status).toMatchObject({ ok: true, topology: 'hello' })

    writeFileSync(join(folder, 'topology.js'), `export default { name: 'hello', processors: { spout: './spout' } }\n`)
    const removed = await deploy()
    expect(changesOf(removed)).toContain('remove function/reverse')
    expect(removed.kept.map(({ id }: Fields) => id).sort()).toEqual(['logs/reverse', 'stream/reverse'])
    expect(changesOf(await deploy('--allow-data-loss')).sort()).toEqual([
      'remove logs/reverse',
      'remove stream/reverse',
    ])

    expect((await attak(folder, ['destroy', '--yes', ...stage])).code).toBe(0)
    expect(await attak(folder, ['status', ...stage])).toMatchObject({
      code: 1,
      out: expect.stringMatching(/ is not deployed\. /),
    })
    expect(await attak(folder, ['destroy', '--yes', ...stage])).toMatchObject({ code: 0, out: '' })
  })

  test('logs print lines by processor and trace, failures with stacks, and never the environment', async () => {
    const folder = folderOf({
      ...HELLO,
      'topology.js': `export default {
  name: 'hello',
  processors: { spout: { path: './spout', environment: { SECRET: true } }, reverse: './reverse' },
  streams: [['spout', 'reverse', 'text']],
}
`,
      'spout.js': `export const handler = (event, context) => {
  console.log('got', event, process.env.SECRET.length)
  return context.emit('text', event)
}
`,
      'reverse.js': `export function handler(event) {
  throw new Error('cannot reverse ' + event)
}
`,
    })
    const stage = stageIn(folder)
    const secret = { SECRET: 'hidden-value' }
    const deployed = await attak(folder, ['deploy', '--yes', '--json', ...stage], secret)
    expect(deployed).toMatchObject({ code: 0 })
    expect(deployed.out + deployed.err).not.toContain('hidden-value')
    const followed = await attak(folder, ['trigger', '--follow', '--quiet-after', '5', '--json', ...stage], secret)
    expect(followed.code).toBe(1)
    const [accepted] = followed.out.split('\n', 1).map((line) => JSON.parse(line))

    const lines = await attakJson(folder, ['logs', '--trace', accepted.root, ...stage])
    expect(lines.find(({ kind }) => kind === 'log')).toMatchObject({ processor: 'spout', text: 'got hello 12' })
    const failure = lines.find(({ kind }) => kind === 'error')!
    expect(failure).toMatchObject({ processor: 'reverse', root: accepted.root, from: 'spout', topic: 'text' })
    expect(failure.error.stack).toMatch(/cannot reverse hello\n.*reverse\.js:2:9/)
    const only = await attakJson(folder, ['logs', '--processor', 'spout', ...stage])
    expect(new Set(only.map(({ processor }) => processor))).toEqual(new Set(['spout']))
  })
})

function nonZero(counts: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0))
}
