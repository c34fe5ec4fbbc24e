import { expect, test } from 'vitest'
import { attak } from './fake-host.ts'
import { folderOf } from './folder.ts'

const LONG = `a processor named ${'very '.repeat(12)}long`
const WRONG = { 'topology.json': { name: 't', processors: { [LONG]: './a' } }, 'a.mjs': 'export function handler() {}' }

test('on a terminal, lines break between words', async () => {
  const folder = folderOf(WRONG)
  const piped = await attak(folder, ['check'], { columns: 60 })
  const shown = await attak(folder, ['check'], { columns: 60, isTTY: true })
  const [head] = piped.out.split('\n')
  expect(head!.length).toBeGreaterThan(100)
  for (const line of shown.out.split('\n')) expect(line.length).toBeLessThanOrEqual(60)
  const joined = (text: string) => text.replaceAll(/\n {4,}/g, ' ')
  expect(joined(shown.out)).toBe(joined(piped.out))
})

test('JSON is never broken', async () => {
  const folder = folderOf(WRONG)
  const piped = await attak(folder, ['check', '--json'], { columns: 60 })
  expect(await attak(folder, ['check', '--json'], { columns: 60, isTTY: true })).toEqual(piped)
})
