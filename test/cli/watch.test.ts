import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { stampsOf } from '../../src/cli/watch.ts'
import { folderOf } from './folder.ts'

test('notices files that are written, created and removed', () => {
  const folder = folderOf({ 'a.txt': 'a' })
  const [a, b] = [join(folder, 'a.txt'), join(folder, 'b.txt')]
  const before = () => {
    const stamps = stampsOf()
    stamps.add([a, b])
    return stamps
  }
  const first = before()
  expect(first.changed()).toBeUndefined()
  writeFileSync(a, 'longer')
  expect(first.changed()).toBe(a)
  const second = before()
  writeFileSync(b, 'b')
  expect(second.changed()).toBe(b)
  const third = before()
  rmSync(b)
  expect(third.changed()).toBe(b)
})
