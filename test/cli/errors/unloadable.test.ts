import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { attak } from '../fake-host.ts'
import { folderOf } from '../folder.ts'

const TOPOLOGY = `export default { name: 'orders', processors: { bill: () => { throw new Error('no stock') } }, input: { bill: 1 } }\n`

const simulated = async (files: Record<string, string> = {}) => {
  const folder = folderOf({ 'package.json': { type: 'module' }, 'topology.mjs': TOPOLOGY, ...files })
  await attak(folder, ['simulate', '--quiet'], { date: Date.now })
  return folder
}

/** This process keeps the module that it has loaded, so that the broken one has another name. */
const breakWith = (folder: string, text: string) => {
  rmSync(join(folder, 'topology.mjs'))
  writeFileSync(join(folder, 'topology.js'), text)
}

const READERS = [
  ['errors', 'list'],
  ['errors', 'show', 'ID'],
  ['why'],
  ['why', 'ID'],
  ['errors', 'purge', 'ID', '--yes'],
] as const

const BROKEN = {
  'no longer parses': 'export default { name: ',
  'throws when it loads': 'throw new Error("not yet")',
  'lacks a processor': `export default { name: 'orders', processors: { bill: './gone.js' } }`,
  'is not a topology': 'export default 7',
}

const idIn = async (folder: string) => {
  const { out } = await attak(folder, ['errors', 'list', '--simulated', '--json'])
  return (JSON.parse(out) as { id: string }[])[0]!.id
}

test.each(Object.entries(BROKEN))('the errors of a simulation are read from a project that %s', async (_, text) => {
  const folder = await simulated()
  const id = await idIn(folder)
  breakWith(folder, text)
  for (const words of READERS) {
    const argv = [...words.map((word) => (word === 'ID' ? id : word)), '--simulated']
    const { code, out, err } = await attak(folder, argv)
    expect({ argv, code }).toEqual({ argv, code: 0 })
    expect(out).toMatch(/no stock|removed/)
    expect(err).toContain('warning [')
  }
})

test('a replay of simulated errors refuses a project that does not load', async () => {
  const folder = await simulated()
  breakWith(folder, 'throw new Error("not yet")')
  const { code, err } = await attak(folder, ['errors', 'replay', '--all', '--simulated'])
  expect(code).toBe(1)
  expect(err).toContain('the project does not load')
})

test('--name selects the simulated errors of that topology, even if its file is gone', async () => {
  const folder = await simulated({ 'other.mjs': TOPOLOGY.replace('orders', 'other') })
  await attak(folder, ['simulate', 'other.mjs', '--quiet'], { date: Date.now })
  const listed = await attak(folder, ['errors', 'list', '--simulated', '--name', 'other'])
  expect(listed).toMatchObject({
    code: 0,
    err: '',
    out: expect.stringContaining('simulation of other (dev): 1 error\n'),
  })
  const none = await attak(folder, ['errors', 'list', '--simulated', '--name', 'foo'])
  expect(none).toMatchObject({ code: 0, out: expect.stringContaining('simulation of foo (dev): 0 errors') })
  expect(none.err).toContain('There are errors of orders, other.')

  breakWith(folder, 'throw new Error("not yet")')
  const several = await attak(folder, ['errors', 'list', '--simulated'])
  expect(several).toMatchObject({ code: 2, err: expect.stringContaining('orders, other') })
})

test.each([
  ['list', 'bil', 'Did you mean "bill"?'],
  ['list', 'zz', 'There are bill.'],
  ['purge', 'zz', 'There are bill.'],
  ['replay', 'zz', 'There are bill.'],
])('errors %s --processor %s lists the existing processors', async (command, name, remedy) => {
  const folder = await simulated()
  const { code, out, err } = await attak(folder, ['errors', command, '--processor', name, '--simulated'])
  expect([code, out]).toEqual([1, ''])
  expect(err).toContain(`--processor: no processor is named "${name}". ${remedy}`)
})

test.each([
  [['errors', 'list', 'my shop', '--simulated'], 'Give the project by --topology "my shop". '],
  [['why', '3fa1', 'shop'], 'Give the project by --topology shop. '],
  [
    ['simulate', 'a', 'b'],
    "too many arguments for 'simulate'. Expected 1 argument but got 2. See attak simulate --help.",
  ],
])('%j has one argument too many, and is refused with a remedy', async (argv, remedy) => {
  const { code, err } = await attak(folderOf({}), argv)
  expect(code).toBe(2)
  expect(err).toContain(remedy)
})
