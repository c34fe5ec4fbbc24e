import { describe, expect, test } from 'vitest'
import { isGroup } from '../../src/cli/command.ts'
import { COMMANDS } from '../../src/cli/commands.ts'
import { widthOf } from '../../src/view/width.ts'
import { startFakeAws } from './fake-aws.ts'
import { attak } from './fake-host.ts'
import { folderOf } from './folder.ts'

const WIDTHS = [60, 80, 160]

const SENTENCE = 'a customer ordered something that the warehouse does not have any more, and so the order waits'

/** A topology with long names, long events, failures, retries, logs, warnings and outputs. */
const FILES = {
  'package.json': { type: 'module', main: 'topology.js' },
  'topology.js': `export default {
  name: 'orders-of-the-whole-company',
  retries: 1,
  processors: { 'take-orders-from-the-shop': './take', 'charge-credit-cards': './charge', 'nobody-needs-this': () => {} },
  streams: [['take-orders-from-the-shop', 'charge-credit-cards', 'an order that is paid by card'], { from: 'charge-credit-cards', to: 'charge-credit-cards', topics: ['again', 'once more', 'and another time'] }],
}
`,
  'take.js': `export const handler = (event, context) => {
  console.log('order', event.id, ${JSON.stringify(SENTENCE)})
  return context.emit('an order that is paid by card', { ...event, text: ${JSON.stringify(SENTENCE)}, set: new Set() })
}
`,
  'charge.js': `export const handler = async (event, context) => {
  if (event.id === 2) throw new Error('the card was refused, since ' + ${JSON.stringify(SENTENCE)}, { cause: new Error(${JSON.stringify(SENTENCE)}) })
  await context.emit('a receipt', event)
}
`,
  'input.json': [1, 2, 3].map((id) => ({ to: 'take-orders-from-the-shop', event: { id, note: SENTENCE } })),
}

/** Lines that a terminal would break inside a word, except for a word that is too long for a line by itself. */
const brokenLines = (text: string, columns: number) =>
  text
    .split('\n')
    .filter((line) => widthOf(line) > columns && !(/^[ │]*\S+$/.test(line) && widthOf(line.trim()) > columns - 4))

const HELPS = COMMANDS.map(({ name }) => [name])

describe.each(WIDTHS)('on a terminal of %i columns, no line is broken inside a word', (columns) => {
  const shown = async (folder: string, line: string, env: Record<string, string> = {}) => {
    const { out, err } = await attak(folder, line.split(' '), { isTTY: true, columns, env })
    return { text: out + err, broken: brokenLines(out + err, columns) }
  }

  test('in the help of each command', async () => {
    const lines = [[], ...HELPS]
    for (const entry of COMMANDS) {
      const command = await entry.load()
      if (isGroup(command)) lines.push(...command.commands.map(({ name }) => [entry.name, name]))
    }
    for (const words of lines) {
      const { text, broken } = await shown('.', [...words, '--help'].join(' '))
      expect(text).toContain('Usage: attak')
      expect({ words, broken }).toEqual({ words, broken: [] })
    }
  })

  test.each([
    'check',
    'check --oops',
    'graph',
    'simulate',
    'simulate --by-input',
    'simulate --quiet',
    'simulate --outputs',
    'simulate --only charge-credit-cards --timings',
    'errors list --simulated',
    'why',
    'init .',
  ])('by attak %s', async (line) => {
    const folder = folderOf(FILES)
    await attak(folder, ['simulate'])
    const { text, broken } = await shown(folder, line)
    expect(text).not.toBe('')
    expect(broken.filter((each) => !each.startsWith('{'))).toEqual([])
  })

  test('by errors show and why', async () => {
    const folder = folderOf(FILES)
    await attak(folder, ['simulate'])
    const { out } = await attak(folder, ['errors', 'list', '--simulated', '--json'])
    const [{ id }] = JSON.parse(out)
    for (const line of [`errors show ${id} --simulated`, `why ${id} --simulated`]) {
      const { text, broken } = await shown(folder, line)
      expect(text).toContain('the card was refused')
      expect({ line, broken }).toEqual({ line, broken: [] })
    }
  })

  test.each(['plan', 'plan --sizes', 'deploy --yes', 'status', 'doctor', 'destroy --yes'])(
    'by attak %s',
    async (line) => {
      const { env } = await startFakeAws()
      const { text, broken } = await shown(folderOf(FILES), line, env)
      expect(text).not.toBe('')
      expect(broken).toEqual([])
    },
  )
})
