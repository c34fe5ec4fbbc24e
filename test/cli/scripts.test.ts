import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Exports, openScripts } from '../../src/cli/scripts.ts'
import { folderOf } from './folder.ts'

const require = createRequire(import.meta.url)

const DIGEST = '0123456789abcdef'

/** A script as the build writes it, of a function's body. */
const script = (body: string, digest = DIGEST) => `/*${digest}*/(function (require, load, url) { ${body} })`

const compiledIn = (folder: string) => readdirSync(folder).filter((name) => name.endsWith('.compiled'))

test('a script runs once, and the exports of others, built-in modules and its own place are at hand', async () => {
  const folder = folderOf({
    'a.cjs': script('globalThis.runs = (globalThis.runs ?? 0) + 1; return { name: "a", url }'),
    'b.cjs': script(
      'return { a: require("./a.cjs"), fs: require("node:fs"), later: () => Promise.all([load("./a.cjs"), load("./c.mjs")]) }',
    ),
    'c.mjs': 'export const name = "c"',
  })
  const scripts = openScripts(folder, require, process)
  const { a, fs, later } = scripts.load('b') as { a: Exports; fs: Exports; later(): Promise<readonly Exports[]> }
  expect(a).toEqual({ name: 'a', url: expect.stringMatching(/^file:.*a\.cjs$/) })
  expect(fs.readFileSync).toBe(readFileSync)
  expect(await later()).toEqual([a, expect.objectContaining({ name: 'c' })])
  expect(scripts.load('a')).toBe(a)
  expect(globalThis).toHaveProperty('runs', 1)
})

test('what V8 compiled is kept for the next process, which leaves it as it is', () => {
  const folder = folderOf({ 'a.cjs': script('return { twice: (text) => text + text }') })
  const scripts = openScripts(folder, require, process)
  expect(scripts.load('a')).toEqual({ twice: expect.any(Function) })
  expect(compiledIn(folder)).toEqual([])
  scripts.keep()
  expect(compiledIn(folder)).toEqual([`a-${DIGEST}-${process.version}-${process.arch}.compiled`])
  const file = join(folder, compiledIn(folder)[0]!)
  const { ino } = statSync(file)
  const again = openScripts(folder, require, process)
  expect((again.load('a').twice as (text: string) => string)('ab')).toBe('abab')
  again.keep()
  expect(statSync(file).ino).toBe(ino)
})

test('what was compiled of another source is not taken', () => {
  const folder = folderOf({ 'a.cjs': script('return { value: 1 }') })
  const first = openScripts(folder, require, process)
  first.load('a')
  first.keep()
  writeFileSync(join(folder, 'a.cjs'), script('return { value: 2 }', 'fedcba9876543210'))
  const second = openScripts(folder, require, process)
  expect(second.load('a')).toEqual({ value: 2 })
  second.keep()
  expect(compiledIn(folder)).toHaveLength(2)
})

test.each(['', 'no code', '\0'.repeat(4096)])('what V8 does not take is compiled anew, and replaced: %j', (broken) => {
  // V8 does not look at what is kept of a source that the process has compiled before.
  const source = script(`return { broken: ${JSON.stringify(broken)} }`)
  const folder = folderOf({ 'a.cjs': source })
  const file = join(folder, `a-${DIGEST}-${process.version}-${process.arch}.compiled`)
  writeFileSync(file, broken)
  const scripts = openScripts(folder, require, process)
  expect(scripts.load('a')).toEqual({ broken })
  scripts.keep()
  expect(readFileSync(file, 'latin1')).not.toBe(broken)
})

test('what a disk has damaged is compiled anew, and replaced', () => {
  const folder = folderOf({ 'a.cjs': script('return { value: "sound" }') })
  const first = openScripts(folder, require, process)
  first.load('a')
  first.keep()
  const file = join(folder, compiledIn(folder)[0]!)
  const sound = readFileSync(file)
  const damaged = Buffer.from(sound)
  damaged[damaged.length / 4]! ^= 1
  writeFileSync(file, damaged)
  const second = openScripts(folder, require, process)
  expect(second.load('a')).toEqual({ value: 'sound' })
  second.keep()
  expect(readFileSync(file).equals(damaged)).toBe(false)
})

test('what is in the way of what is written, and cannot be removed, is no trouble', () => {
  const folder = folderOf({ 'a.cjs': script('return { value: 1 }') })
  const scripts = openScripts(folder, require, process)
  scripts.load('a')
  mkdirSync(join(folder, `a-${DIGEST}-${process.version}-${process.arch}.compiled-${process.pid}`))
  scripts.keep()
  expect(compiledIn(folder)).toEqual([])
})

test('where nothing can be written, nothing is kept, and nothing left behind', () => {
  const folder = folderOf({ 'a.cjs': script('return { value: 1 }') })
  const taken = `a-${DIGEST}-${process.version}-${process.arch}.compiled`
  mkdirSync(join(folder, taken))
  const scripts = openScripts(folder, require, process)
  expect(scripts.load('a')).toEqual({ value: 1 })
  scripts.keep()
  expect(readdirSync(folder).sort()).toEqual([taken, 'a.cjs'].sort())
})
