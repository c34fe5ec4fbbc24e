import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import vm, { runInNewContext } from 'node:vm'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { LANGUAGES, TEMPLATES } from '../src/project/template.ts'
import { installOthers, root } from './install.ts'

const { version, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

/** An empty project with nothing but the packed attak installed in it. */
let project: string
let tarball: string

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'attak-package-test-'))
  run(root, process.execPath, '.ci/build.mjs', '--types')
  const [packed] = JSON.parse(run(root, 'npm', 'pack', '--json', '--ignore-scripts', '--pack-destination', project))
  tarball = join(project, packed.filename)
  writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }')
  run(project, 'npm', 'install', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', tarball)
})

afterAll(() => rmSync(project, { recursive: true, force: true }))

function run(cwd: string, command: string, ...args: string[]): string {
  return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

function attak(cwd: string, ...args: string[]): string {
  return run(cwd, process.execPath, join(project, 'node_modules/attak/bin/attak.js'), ...args)
}

const QUICK = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund']

function attakOf(dir: string): string {
  return JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')).devDependencies.attak
}

/** Installs attak alone in a made project, scripts included, and returns the version that it has then. */
function installed(dir: string): string {
  writeFileSync(join(dir, 'package.json'), JSON.stringify({ devDependencies: { attak: attakOf(dir) } }))
  run(dir, 'npm', 'install', '--prefer-offline', '--no-audit', '--no-fund')
  return run(dir, 'npx', '--no-install', 'attak', '--version')
}

describe('the packed package, installed in an empty project', () => {
  test('writes nothing beside its code, and shows no frames of attak after it was moved', () => {
    const here = join(project, 'moved')
    const installed = join(project, 'node_modules/attak')
    mkdirSync(join(here, 'project'), { recursive: true })
    writeFileSync(join(here, 'project/package.json'), '{ "type": "module" }')
    writeFileSync(
      join(here, 'project/topology.js'),
      `export default {
        name: 'moved',
        processors: { fails: async (event, context) => { await context.emit('late'); throw new Error('no') } },
        streams: [],
        input: { fails: 1 },
      }`,
    )
    const simulate = (bin: string) =>
      spawnSync(process.execPath, [bin, 'simulate', '--json', join(here, 'project')], {
        encoding: 'utf8',
      }).stdout
    const before = readdirSync(join(installed, 'dist')).sort()
    const first = simulate(join(installed, 'bin/attak.js'))
    expect(readdirSync(join(installed, 'dist')).sort()).toEqual(before)
    cpSync(installed, join(here, 'node_modules/attak'), { recursive: true })
    const second = simulate(join(here, 'node_modules/attak/bin/attak.js'))
    expect(first).toContain('"outcome":"failed"')
    expect(first).not.toContain('node_modules')
    expect(second).toBe(first)
  })

  test('runs by its name', () => {
    expect(run(project, 'npx', '--no-install', 'attak', '--version')).toBe(`${version}\n`)
  })

  test.each(LANGUAGES)('makes and runs a project in %s', (language) => {
    const made = JSON.parse(attak(project, 'init', `in-${language}`, '--language', language, '--json'))
    expect(attakOf(made.dir)).toBe(`file:${tarball}`)
    expect(attak(project, 'simulate', made.dir)).toContain('5 handled, 4 outputs, nothing failed')
  })

  test('makes projects that npm can install: from its tarball, from a global install, or from the registry', () => {
    const made = JSON.parse(attak(project, 'init', 'installed', '--json'))
    expect(installed(made.dir)).toBe(`${version}\n`)

    const prefix = join(project, 'global')
    run(project, 'npm', 'install', '--global', '--prefix', prefix, ...QUICK, tarball)
    const bin = join(prefix, process.platform === 'win32' ? 'attak.cmd' : 'bin/attak')
    const other = JSON.parse(run(project, bin, 'init', 'from-global', '--json'))
    expect(installed(other.dir)).toBe(`${version}\n`)

    const lockfile = join(project, 'node_modules/.package-lock.json')
    const text = readFileSync(lockfile, 'utf8')
    writeFileSync(
      lockfile,
      text.replace(/"resolved": "file:[^"]*"/, '"resolved": "https://registry.npmjs.org/attak.tgz"'),
    )
    const published = JSON.parse(attak(project, 'init', 'from-registry', '--json'))
    writeFileSync(lockfile, text)
    expect(attakOf(published.dir)).toBe(`^${version}`)
  })

  test.each(['import', 'require'])('has its exports for %s', (kind) => {
    const load = kind === 'import' ? 'await import' : 'require'
    const file = join(project, kind === 'import' ? 'use.mjs' : 'use.cjs')
    const names = (specifier: string) => `console.log(typeof (${load}('${specifier}')).AttakError)`
    const receiver = `console.log(typeof (${load}('attak/receivers/log')).default)`
    writeFileSync(file, `${names('attak')}\n${names('attak/testing')}\n${receiver}\n`)
    expect(run(project, process.execPath, file)).toBe('function\nfunction\nfunction\n')
  })

  test('loads attak/testing in a sandbox like that of Jest, which loads only CommonJS and copies `process`', async () => {
    const file = join(project, 'node_modules/attak/dist/testing.cjs')
    const text = `(function (module, require, __filename) {${readFileSync(file, 'utf8')}})`
    const loads = runInNewContext(text, { process: {} })
    const own: { exports: Record<string, unknown> } = { exports: {} }
    loads(own, (name: string) => (name === 'node:vm' ? vm : expect.fail(name)), file)
    expect(Object.keys(own.exports)).toEqual(
      Object.keys(await import(join(project, 'node_modules/attak/dist/testing.js'))),
    )
  })

  test('tests the artifacts of a project', () => {
    const here = join(project, 'tested')
    mkdirSync(here)
    writeFileSync(join(here, 'topology.json'), '{ "name": "tested", "processors": { "a": "./a.mjs" }, "input": {} }')
    writeFileSync(join(here, 'a.mjs'), "export const handler = (event, context) => context.emit('out', event + 1)")
    const test = `import { createTestDriver } from 'attak/testing'
      const driver = await createTestDriver(new URL('./topology.json', import.meta.url), { built: true })
      await driver.send('a', 1)
      console.log(driver.outputs.map(({ data }) => data))
      await driver.close()`
    writeFileSync(join(here, 'test.mjs'), test)
    expect(run(here, process.execPath, 'test.mjs')).toBe('[ 2 ]\n')
  })

  test.each(['nodenext', 'bundler'])('has types for moduleResolution %s', (resolution) => {
    const module = resolution === 'bundler' ? 'esnext' : resolution
    const types = ['--types', 'node', '--typeRoots', join(root, 'node_modules/@types')]
    writeFileSync(join(project, 'use.ts'), USER_CODE)
    const tsc = [process.execPath, join(root, 'node_modules/typescript/bin/tsc')] as const
    const options = ['--noEmit', '--strict', '--target', 'es2023', '--ignoreConfig', ...types]
    const output = run(project, ...tsc, ...options, '--module', module, '--moduleResolution', resolution, 'use.ts')
    expect(output).toBe('')
  })

  test.each(Object.keys(TEMPLATES))('has types that fit the template %s', (template) => {
    const made = JSON.parse(attak(project, 'init', `typed-${template}`, '--template', template, '--json'))
    installOthers(made.dir)
    expect(run(made.dir, process.execPath, join(root, 'node_modules/typescript/bin/tsc'))).toBe('')
  })

  test('passes publint', async () => {
    const { messages, pkg } = await publint({ pkgDir: join(project, 'node_modules/attak'), pack: false, strict: true })
    expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([])
  })

  test('contains only the files that run', () => {
    const paths = run(project, 'tar', '-tzf', tarball).trim().split('\n')
    const folders = new Set(paths.map((path) => path.split('/').slice(1, 2).join()))
    expect([...folders].sort()).toEqual(['LICENSE', 'README.md', 'bin', 'dist', 'package.json', 'templates'])
    const targets = Object.values<string | Record<string, string>>(exports).flatMap((target) => Object.values(target))
    for (const target of targets.filter((target) => target.startsWith('./'))) {
      expect(paths).toContain(target.replace('./', 'package/'))
    }
  })
})

const USER_CODE = `
import { AttakError, type Context, defineTopology, type ReceiverFactory, Retry } from 'attak'
import log from 'attak/receivers/log'
import { AttakError as Same } from 'attak/testing'

export async function handler(line: string, context: Context<{ text: string }>) {
  if (context.attempt > 3) throw new AttakError('TIMEOUT', 'too slow', 'be faster')
  if (line === '') throw new Retry(10)
  await context.emit('text', line)
  // @ts-expect-error: it does not emit this topic.
  await context.emit('txet', line)
}
export const same: typeof AttakError = Same
export const receiver: ReceiverFactory<{ level: string }> =
  ({ log, config }) => async (message: string, context) => log.log(config.level, message, context.requestId, context.gts)
export const own: ReceiverFactory = log
export default defineTopology({
  name: 'typed',
  processors: { handler, hearer: (text: string) => text.length },
  // @ts-expect-error: no processor has this name.
  streams: [['handler', 'hearer', 'text'], ['handler', 'haerer']],
})
`
