import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { errorOfSystem } from '../../src/errors.ts'
import { attak } from './fake-host.ts'
import { folderOf, HELLO } from './folder.ts'
import { shell, start, startWith } from './spawned.ts'

/** Its only handler fails, so that a run exits with 1. */
const FAILING = {
  'topology.mjs': `export default { name: 't', processors: { a() { throw new Error('no') } }, input: { a: 1 } }`,
}
const LONG = 'x'.repeat(5000)
/** Only a test that hangs waits so long. */
const PATIENCE = { timeout: 120_000 }

describe('a refusal of the operating system is reported with its path', () => {
  const folder = (files: Readonly<Record<string, unknown>> = HELLO) => {
    const made = folderOf(files)
    symlinkSync('loop', join(made, 'loop'))
    symlinkSync('loop.jsonl', join(made, 'loop.jsonl'))
    mkdirSync(join(made, 'folder.jsonl'))
    return made
  }

  test.each([
    ['simulate --input loop', 'loop: its symbolic links lead in a circle'],
    ['simulate --input loop.jsonl', 'loop.jsonl: its symbolic links'],
    [`simulate --input ${LONG}`, 'the path is too long'],
    ['simulate --trace /dev/full', '/dev/full: no space is left'],
    ['simulate --json --trace /dev/full', '/dev/full: no space is left'],
    ['check loop', 'loop: its symbolic links'],
    [`graph ${LONG}`, 'the path is too long'],
  ])('attak %s', async (line, what) => {
    const { code, err } = await attak(folder(), line.split(' '))
    expect([code, err]).toEqual([1, expect.stringMatching(/^\[FILE_FAILED\] /)])
    expect(err).toContain(what)
  })

  test.each([
    ['simulate --input - < .', 'stdin: is a folder'],
    ['simulate --json > /dev/full', 'stdout: no space is left'],
    ['graph > /dev/full', 'stdout: no space is left'],
    ['--help > /dev/full', 'stdout: no space is left'],
  ])('attak %s', (line, what) => {
    const { code, err } = shell(folder(), `attak ${line}`)
    expect([code, err]).toEqual([1, expect.stringMatching(/^\[FILE_FAILED\] /)])
    expect(err).toContain(what)
  })

  test('an endless device is not read to its end', async () => {
    const made = folderOf(HELLO)
    symlinkSync('/dev/zero', join(made, 'zero.jsonl'))
    const json = await attak(made, ['simulate', '--input', '/dev/zero'])
    expect([json.code, json.err]).toEqual([1, expect.stringContaining('/dev/zero:1:67108865: larger than 64 MiB')])
    const lines = await attak(made, ['simulate', '--input', 'zero.jsonl'])
    expect([lines.code, lines.err]).toEqual([1, expect.stringContaining('zero.jsonl:1:67108865: longer than 64 MiB')])
  })

  test('a topology whose links lead in a circle, beside package.json or named by it', async () => {
    for (const files of [{}, { 'package.json': { main: 'topology.json' } }]) {
      const made = folderOf(files)
      symlinkSync('topology.json', join(made, 'topology.json'))
      expect(await attak(made, ['check'])).toMatchObject({
        code: 1,
        err: expect.stringMatching(/^\[FILE_FAILED\] .*topology\.json: its symbolic links lead in a circle/),
      })
    }
  })

  test('a folder in place of the file of errors', async () => {
    const made = folderOf({ ...FAILING, '.attak/errors/_simulated/t.jsonl/in': '' })
    expect(await attak(made, ['simulate'])).toMatchObject({ code: 1, err: expect.stringContaining('[STORE_FAILED]') })
    for (const command of [
      'list --simulated',
      'replay --all --simulated',
      'show 1 --simulated',
      'purge --all --simulated',
    ]) {
      const { code, err } = await attak(made, ['errors', ...command.split(' ')])
      expect([code, err]).toEqual([1, expect.stringMatching(/^\[FILE_FAILED\] .*t\.jsonl: is a folder, not a file/)])
    }
  })

  test('a current folder that was removed, while help still works', () => {
    const made = folderOf({ 'in/a': '' })
    const remove = 'cd in && rm -r ../in'
    expect(shell(made, `${remove} && attak --help`)).toMatchObject({ code: 0 })
    mkdirSync(join(made, 'in'))
    expect(shell(made, `${remove} && attak check`)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^\[FILE_FAILED\] the current folder was removed/),
    })
  })

  test('a part of the path that is a file', async () => {
    const { code, err } = await attak(folder(), ['simulate', '--input', 'input.json/x'])
    expect(code).toBe(1)
    // Node 20 distinguishes it from a missing file.
    expect(err).toMatch(/^\[(?:FILE_FAILED|INPUT_NOT_FOUND)\] .*input\.json\/x: /)
  })

  test('too many open files', () => {
    const refused = { code: 'EMFILE', syscall: 'open', path: 'a.json' }
    expect(errorOfSystem(Object.assign(new Error('EMFILE'), refused))).toMatchObject({
      code: 'FILE_FAILED',
      message: 'a.json: too many files are open (EMFILE, open)',
    })
  })
})

describe('a reader that closes stdout', () => {
  test.each([
    ['attak simulate | head -1', 1],
    ['attak simulate --json | head -1', 1],
    ['attak simulate --json | true', 1],
    ['attak errors list --simulated | head -1', 0],
    ['attak graph | head -1', 0],
    ['attak check --json | true', 0],
  ])('does not change the exit code of %s, and stderr stays empty', (line, code) => {
    expect(shell(folderOf(FAILING), line)).toMatchObject({ code, err: '' })
  })

  test('does not end a run early, because its exit code is not known before', async () => {
    const source = `let left = 20000
export default { name: 't', hopLimit: 1e6, streams: [['a', 'a']], input: { a: 1 },
  processors: { a(event, context) { if (left-- > 0) context.emit('again', 'x'.repeat(100)); else throw new Error('last') } } }`
    const { child, printed, until, ended } = start(folderOf({ 'topology.mjs': source }), 'simulate')
    await until('out', 'again')
    child.stdout?.destroy()
    expect(await ended).toBe(1)
    expect(printed.err).toBe('')
  })

  test('ends --watch after the run', async () => {
    const { child, ended } = start(folderOf(FAILING), 'simulate', '--watch')
    child.stdout?.destroy()
    expect(await ended).toBe(0)
  })
})

describe('without a folder for builds', () => {
  const source = (body: string) => ({
    'topology.ts': `${body}
const wait = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 60_000))
export default { name: 't', processors: { async a(event: unknown) {
  await import('./more.ts')
  if (event === 'fail') throw new Error('no')
  process.stderr.write('running')
  if (event === 'wait') await wait()
} }, input: { a: EVENT } }`,
    'more.ts': 'export const more: number = 1',
  })
  const homeless = (files: Readonly<Record<string, unknown>>, temporary = 'temporary') => {
    const cwd = folderOf({ ...files, 'temporary/a': '' })
    rmSync(join(cwd, 'temporary/a'))
    // Nobody can make a folder there, root neither.
    return { cwd, env: { ...process.env, HOME: '/dev/null', TMPDIR: join(cwd, temporary) } }
  }
  const leftIn = ({ env }: { readonly env: { readonly TMPDIR: string } }) => readdirSync(env.TMPDIR)

  test.each([
    ['1', 0],
    ["'fail'", 1],
  ])('a run of %s leaves nothing in the temporary folder', (event, code) => {
    const place = homeless(source(`const EVENT = ${event}`))
    expect(shell(place.cwd, 'attak simulate', place.env)).toMatchObject({ code })
    expect(leftIn(place)).toEqual([])
  })

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', null],
    ['SIGKILL', null],
  ] as const)('a run that %s ends leaves nothing there', async (signal, code) => {
    const place = homeless(source(`const EVENT = 'wait'`))
    const { child, until, ended } = startWith(place, ['simulate'])
    await until('err', 'running')
    expect(leftIn(place)).toHaveLength(1)
    child.kill(signal)
    expect(await ended).toBe(code)
    await vi.waitUntil(() => leftIn(place).length === 0, PATIENCE)
  })

  test.each([
    ['SIGINT', 'temporary'],
    ['SIGTERM', 'temporary'],
    ['SIGHUP', 'temporary'],
    ['SIGKILL', 'temporary'],
    ['SIGINT', `-*; "$(exit)" '\n`],
  ] as const)(
    'code that never yields and that the first %s ends, in %j, leaves nothing there',
    async (signal, temporary) => {
      const files = source(`const EVENT = 1; console.error('loading'); while (true);`)
      const place = homeless({ ...files, [`${temporary}/a`]: '' }, temporary)
      rmSync(join(place.env.TMPDIR, 'a'), { force: true })
      const { child, until, ended } = startWith(place, ['check'])
      await until('err', 'loading')
      expect(leftIn(place)).toHaveLength(1)
      child.kill(signal)
      await ended
      expect(child.signalCode).toBe(signal)
      await vi.waitUntil(() => leftIn(place).length === 0, PATIENCE)
    },
  )

  test('a missing temporary folder is named', () => {
    const { cwd, env } = homeless(source('const EVENT = 1'), 'missing')
    const { code, err } = shell(cwd, 'attak simulate', env)
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(/^\[FILE_FAILED\] .*missing.*: there is no such file or folder/),
    ])
    expect(existsSync(join(cwd, 'missing'))).toBe(false)
  })

  test('an empty HOME and a cache that is a file are accepted', () => {
    const { cwd, env } = homeless({ ...source('const EVENT = 1'), 'node_modules/.cache': 'a file' })
    for (const HOME of ['', '/dev/null', undefined]) {
      expect(shell(cwd, 'attak simulate', { ...env, HOME })).toMatchObject({ code: 0, err: 'running' })
    }
    expect(existsSync(join(cwd, '.cache'))).toBe(false)
  })
})

test('a trace that cannot be written ends a run early', () => {
  const source = `function* endless() { for (;;) yield { to: 'a', event: 1 } }
export default { name: 't', processors: { a() {} }, input: endless }`
  const made = folderOf({ 'topology.mjs': source })
  const { code, out, err } = shell(made, 'attak simulate --quiet --trace /dev/full')
  expect([code, err]).toEqual([1, expect.stringMatching(/^\[FILE_FAILED\] \/dev\/full: no space is left/)])
  expect(out).toContain('The run stopped before its end.')
  expect(out).not.toContain('The trace is in')
})

describe('a disk that is full is named with the file, and with what to do', () => {
  /** No file may hold anything: each write fails as on a full disk. */
  const full = (line: string) => {
    const made = folderOf({ ...FAILING, 'typed.ts': `${FAILING['topology.mjs']} as const` })
    mkdirSync(join(made, 'tmp'))
    return shell(made, `ulimit -f 0; attak ${line} | cat`, { TMPDIR: join(made, 'tmp'), HOME: join(made, 'home') })
  }

  test.each([
    ['simulate', /\[STORE_FAILED\] errors of this run: could not be kept: \S+\/\.attak\/\.gitignore: is too large/],
    ['simulate --trace t.jsonl', /\[FILE_FAILED\] \S+\/t\.jsonl: is too large .* Use a path on another file system\./],
    ['check typed.ts', /\[FILE_FAILED\] \S+\/(?:tmp|home)\/\S+: is too large .* Use a path on another file system\./],
    ['simulate --built', /\[FILE_FAILED\] \S+\/(?:tmp|home)\/\S+: is too large .* Use a path on another file system\./],
    [
      'init words --yes',
      /\[FOLDER_NOT_WRITABLE\] \S+\/words cannot be written: is too large for its file system \(EFBIG\)\. Use a path on another file system\./,
    ],
  ])('attak %s', (line, what) => {
    const { code, err } = full(line)
    expect([code, err]).toEqual([1, expect.stringMatching(what)])
  })
})
