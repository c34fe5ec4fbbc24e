import { rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { areSame, type Inputs, openInputs } from '../../src/project/inputs.ts'
import { folderOf } from '../cli/folder.ts'

const LONG_AFTER = Number.POSITIVE_INFINITY

async function inputsOf(paths: readonly string[], nowMs = LONG_AFTER): Promise<Inputs> {
  const reader = await openInputs(paths, nowMs)
  for (const path of paths) reader.read(path)
  return reader.inputs()
}

function twoFiles() {
  const folder = folderOf({ 'a.ts': 'export const a = 1', 'b.ts': 'export const b = 1' })
  const [a, b, absent] = [join(folder, 'a.ts'), join(folder, 'b.ts'), join(folder, 'package.json')]
  return { a, b, absent, all: [a, b] }
}

test('an untouched file is unchanged', async () => {
  const { all } = twoFiles()
  expect(await areSame(await inputsOf(all))).toBe(true)
})

test('a file with other contents is changed, even at the same size', async () => {
  const { all, b } = twoFiles()
  const inputs = await inputsOf(all)
  writeFileSync(b, 'export const b = 2')
  expect(await areSame(inputs)).toBe(false)
})

test('a file with the same contents is unchanged', async () => {
  const { all, b } = twoFiles()
  const inputs = await inputsOf(all)
  writeFileSync(b, 'export const b = 1')
  utimesSync(b, 1, 1)
  expect(await areSame(inputs)).toBe(true)
})

test('a new or removed file is a change', async () => {
  const { all, a, absent } = twoFiles()
  const inputs = await inputsOf(all)
  writeFileSync(absent, '{}')
  expect(await areSame(inputs)).toBe(false)
  rmSync(absent)
  expect(await areSame(inputs)).toBe(true)
  rmSync(a)
  expect(await areSame(inputs)).toBe(false)
})

test('contents of recently changed files are compared, because their times may not show the next change', async () => {
  const { a } = twoFiles()
  const { mtimeMs } = statSync(a)
  const lately = await inputsOf([a], mtimeMs + 1000)
  expect(lately[a]).toEqual({ digest: expect.any(String) })
  expect(await areSame(lately)).toBe(true)
  expect((await inputsOf([a], mtimeMs + 10_000))[a]).toHaveProperty('stamp')
})
