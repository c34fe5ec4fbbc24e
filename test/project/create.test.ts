import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createProject } from '../../src/project/create.ts'

let cwd: string
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'attak-create-test-'))
})
afterEach(() => rmSync(cwd, { recursive: true, force: true }))

/** A file cannot hold another: writing fails halfway. */
const impossible = new Map([
  ['first.txt', ''],
  ['second', ''],
  ['second/third.txt', ''],
])

test('writes every file at its path', async () => {
  const files = new Map([
    ['topology.js', 'export default {}\n'],
    ['processors/a/b.js', ''],
  ])
  await createProject(join(cwd, 'deep', 'down'), files)
  expect(readFileSync(join(cwd, 'deep/down/topology.js'), 'utf8')).toBe('export default {}\n')
  expect(readFileSync(join(cwd, 'deep/down/processors/a/b.js'), 'utf8')).toBe('')
  expect(readdirSync(join(cwd, 'deep'))).toEqual(['down'])
})

test('leaves nothing of a folder that it could not finish', async () => {
  await expect(createProject(join(cwd, 'words'), impossible)).rejects.toMatchObject({ code: 'FOLDER_NOT_WRITABLE' })
  expect(readdirSync(cwd)).toEqual([])
})

test('does not change a folder that existed', async () => {
  mkdirSync(join(cwd, '.git'))
  await expect(createProject(cwd, impossible)).rejects.toMatchObject({ code: 'FOLDER_NOT_WRITABLE' })
  expect(readdirSync(cwd)).toEqual(['.git'])
})
