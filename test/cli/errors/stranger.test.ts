import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { listErrors } from '../../../src/cli/commands/errors/list.ts'
import { showErrors } from '../../../src/cli/commands/errors/show.ts'
import { attak } from '../fake-host.ts'
import { folderOf } from '../folder.ts'
import { failed, worldOf } from './world.ts'

const SECRET = 'aws_secret_access_key'

/** A topology that throws what its event says, in each way that text comes into an error. */
const THROWING = {
  'package.json': { type: 'module', main: 'topology.js' },
  'topology.js': `const wrong = (text) => new Error('unknown user ' + text)
const ways = {
  message: (text) => wrong(text),
  cause: (text) => new Error('outer', { cause: wrong(text) }),
  name: (text) => Object.assign(new Error('no'), { name: text }),
  both: (text) => Object.assign(wrong(text), { name: text }),
  wrapped: (text) => { const error = wrong(text); error.stack; error.message = 'while billing: ' + error.message; return error },
  aggregate: (text) => new AggregateError([wrong(text), text], text),
  stack: (text) => Object.assign(new Error('no'), { stack: 'Error: no\\n    at bill (topology.js:1:1)\\nwith ' + text }),
  text: (text) => text,
}
export default {
  name: 'orders',
  processors: { bill: ({ way, text }) => { throw ways[way](text) } },
}
`,
  'config.js': `export const password = '${SECRET}'\n`,
  '.env.secret': `${SECRET}=1\n`,
}

test('no text of an event makes a command show a file, even if it looks like calls of a stack', async () => {
  const outside = folderOf({ credentials: `${SECRET} = 1\n`, 'code.js': `${SECRET} = 1\n` })
  const folder = folderOf(THROWING)
  const files = [
    join(outside, 'credentials'),
    join(outside, 'code.js'),
    join(folder, 'config.js'),
    'config.js',
    '.env.secret',
  ]
  const texts = files.flatMap((file) => [
    `bob\n    at x (${file}:1:1)`,
    `bob\r\n    at ${file}:1:1`,
    `\n    at async x (file://${file}:1:1)\n`,
    `bob\nCaused by: Error: y\n    at x (${file}:1:1)\nCaused by: z`,
  ])
  const ways = ['message', 'cause', 'name', 'both', 'wrapped', 'aggregate', 'stack', 'text']
  const input = ways.flatMap((way) => texts.map((text) => ({ to: 'bill', event: { way, text } })))
  writeFileSync(join(folder, 'input.json'), JSON.stringify(input))
  const { out, code } = await attak(folder, ['simulate', '--trace', 'trace.jsonl'], { date: Date.now })
  expect(code).toBe(1)
  expect(out).toContain('> 1 | const wrong')
  expect(out).not.toContain(SECRET)
  const { out: listed } = await attak(folder, ['errors', 'list', '--simulated', '--json'])
  const records = JSON.parse(listed) as { id: string; message: { id: string } }[]
  expect(records).toHaveLength(input.length)
  const shown = await attak(folder, ['errors', 'show', '--simulated', ...records.map(({ id }) => id)])
  expect(shown.out).toContain('> 1 | const wrong')
  expect(shown.out).not.toContain(SECRET)
  for (const { message } of records.filter((_, index) => index % 7 === 0)) {
    for (const source of [['--simulated'], ['--trace', 'trace.jsonl']]) {
      const why = await attak(folder, ['why', message.id, ...source])
      expect(why.code).toBe(0)
      expect(why.out).not.toContain(SECRET)
    }
  }
})

test('a record of a live store is shown only with code of the workspace, whatever its stack has', async () => {
  const outside = folderOf({ 'code.js': `${SECRET} = 1\n` })
  const stacks = [join(outside, 'code.js'), '/etc/passwd', '.env', 'package.json', 'node_modules/p/index.js'].flatMap(
    (file) => [
      `Error: no\n    at b (${file}:1:1)`,
      `Error: no\n    at ${file}:1:1\nCaused by: Error: x\n    at file://${file}:1:1`,
      `    at b (${file}:1:1)`,
    ],
  )
  const files = { '.env': `# ${SECRET}\n`, 'node_modules/p/index.js': `${SECRET}\n` }
  const records = stacks.map((stack, order) =>
    failed(order, { id: `${order}`.padStart(32, '0'), error: { name: 'Error', message: 'no', stack } }),
  )
  const world = await worldOf(records, { files })
  const { out, code } = await world.run(
    showErrors,
    records.map(({ id }) => id),
  )
  expect(code).toBe(0)
  expect(out).not.toContain(SECRET)
  expect(out).not.toMatch(/^ *> 1 \|/m)
  expect(out).not.toContain('root:')
  const own = await worldOf([
    failed(1, { error: { name: 'Error', message: 'no', stack: 'Error: no\n    at b (topology.js:1:1)' } }),
  ])
  expect((await own.run(listErrors)).out).toContain('Error: no')
})
