import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openBuilder } from '../../src/project/build.ts'
import { projectFolder, writeFiles } from './folder.ts'

const TOPOLOGY = `export default { name: 'kept', processors: { a: () => 1 as number } }`
const DAY_S = 24 * 60 * 60

/** A project whose user has their own home. */
function project() {
  const base = projectFolder({ 'home/.keep': '', 'project/topology.ts': TOPOLOGY })
  const home = process.env.HOME
  onTestFinished(() => {
    if (home === undefined) delete process.env.HOME
    else process.env.HOME = home
  })
  process.env.HOME = join(base, 'home')
  const cwd = join(base, 'project')
  mkdirSync(join(cwd, 'node_modules'))
  return { base, cwd, modules: join(cwd, 'node_modules'), cache: join(cwd, 'node_modules/.cache/attak') }
}

const builderOf = (cwd: string) =>
  openBuilder(join(cwd, 'topology.ts'), () => {
    throw new Error('no temporary folder is needed')
  })

const build = (cwd: string) => builderOf(cwd).build([])
const last = (cwd: string) => builderOf(cwd).last()
const foldersIn = (cache: string) => readdirSync(cache).filter((name) => !name.endsWith('.json'))

function age(path: string, days: number): void {
  const then = statSync(join(path, '..')).ctimeMs / 1000 - days * DAY_S
  utimesSync(path, then, then)
}

describe('removing old builds', () => {
  test('leaves everything in the cache folder that attak did not make', async () => {
    const { base, cwd, cache } = project()
    const names = [
      'thesis.txt',
      'photos/one.jpg',
      'topology.ts-0123abcd/x',
      'topology.ts-0123abcd-AbCdEf',
      'notes.json',
    ]
    writeFiles(cache, Object.fromEntries(names.map((name) => [name, 'mine'])))
    chmodSync(cache, 0o700)
    symlinkSync(join(base, 'project'), join(cache, 'topology.ts-0123abcd-GhIjKl'))
    for (const name of readdirSync(cache))
      if (!lstatSync(join(cache, name)).isSymbolicLink()) age(join(cache, name), 60)
    age(join(cwd, 'topology.ts'), 60)
    await build(cwd)
    for (const name of names) expect(readFileSync(join(cache, name), 'utf8'), name).toBe('mine')
    expect(lstatSync(join(cache, 'topology.ts-0123abcd-GhIjKl')).isSymbolicLink()).toBe(true)
  })

  test('removes the builds and manifests of projects that were not used for a month', async () => {
    const { cwd, cache } = project()
    writeFiles(cache, { 'other.ts-0123abcd-AbCdEf/topology.mjs': '', 'other.ts-0123abcd.json': '{}' })
    chmodSync(cache, 0o700)
    const left = readdirSync(cache)
    for (const name of left) age(join(cache, name), 60)
    await build(cwd)
    expect(readdirSync(cache).filter((name) => left.includes(name))).toEqual([])
  })

  test('keeps a build of another project that was used within a month', async () => {
    const { cwd, cache } = project()
    await build(cwd)
    const made = readdirSync(cache)
    for (const name of made) age(join(cache, name), 60)
    expect(await last(cwd)).toBeDefined()
    writeFiles(cwd, { 'other/topology.ts': TOPOLOGY })
    await build(join(cwd, 'other'))
    expect(readdirSync(cache)).toEqual(expect.arrayContaining(made))
    expect(await last(cwd)).toBeDefined()
  })
})

describe('a cache folder is not used', () => {
  test('if it is a link', async () => {
    const { base, cwd, modules, cache } = project()
    writeFiles(base, { 'victim/topology.ts-0123abcd.json': 'mine' })
    age(join(base, 'victim/topology.ts-0123abcd.json'), 60)
    mkdirSync(join(modules, '.cache'))
    symlinkSync('../../../victim', cache)
    await build(cwd)
    expect(readdirSync(join(base, 'victim'))).toEqual(['topology.ts-0123abcd.json'])
    expect(await last(cwd)).toBeDefined()
    expect(foldersIn(join(base, 'home/.cache/attak'))).toHaveLength(1)
  })

  test.each([
    ['node_modules', ''],
    ['.cache', '.cache'],
    ['the folder itself', '.cache/attak'],
  ])('if all users may write to %s', async (_, path) => {
    const { base, cwd, modules } = project()
    await build(cwd)
    chmodSync(join(modules, path), 0o777)
    expect(await last(cwd)).toBeUndefined()
    await build(cwd)
    expect(foldersIn(join(base, 'home/.cache/attak'))).toHaveLength(1)
  })

  test.runIf(process.getuid?.() === 0).each([
    ['node_modules', ''],
    ['.cache', '.cache'],
    ['the folder itself', '.cache/attak'],
  ])('if another user owns %s', async (_, path) => {
    const { base, cwd, modules } = project()
    await build(cwd)
    chownSync(join(modules, path), 65534, 65534)
    expect(await last(cwd)).toBeUndefined()
    await build(cwd)
    expect(foldersIn(join(base, 'home/.cache/attak'))).toHaveLength(1)
  })

  test('and no folder is created, if node_modules is a file', async () => {
    const { base, cwd, modules } = project()
    renameSync(modules, join(cwd, 'moved'))
    writeFileSync(modules, '')
    chmodSync(join(base, 'node_modules'), 0o777)
    await build(cwd)
    expect(existsSync(join(base, 'node_modules/.cache'))).toBe(false)
  })
})

test('a built file that was changed at equal size, and given its old times, is built again', async () => {
  const { cwd, cache } = project()
  await build(cwd)
  const file = join(cache, foldersIn(cache)[0]!, 'topology.ts.mjs')
  const { atime, mtime } = statSync(file)
  writeFileSync(file, readFileSync(file, 'utf8').replace('1', '2'))
  utimesSync(file, atime, mtime)
  expect(await last(cwd)).toBeUndefined()
})

test.each(['/etc', '../../..', '.', 'topology.ts-0123abcd-AbCdEf'])(
  'a manifest that names %j is not used',
  async (folder) => {
    const { cwd, cache } = project()
    await build(cwd)
    const manifest = join(cache, readdirSync(cache).find((name) => name.endsWith('.json'))!)
    const held = JSON.parse(readFileSync(manifest, 'utf8'))
    writeFileSync(manifest, JSON.stringify({ ...held, folder, outputs: {}, sizes: {} }))
    expect(await last(cwd)).toBeUndefined()
  },
)
