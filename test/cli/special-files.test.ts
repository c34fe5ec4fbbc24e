import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { attak } from './fake-host.ts'
import { folderOf, HELLO } from './folder.ts'

function withPipe(name: string, files: Readonly<Record<string, unknown>> = HELLO): string {
  const folder = folderOf(files)
  execFileSync('mkfifo', [join(folder, name)])
  return folder
}

describe.skipIf(process.platform === 'win32')('a pipe without a writer or reader', () => {
  test('is refused as a trace', async () => {
    const { code, err } = await attak(withPipe('run.jsonl'), ['simulate', '--trace', 'run.jsonl'])
    expect([code, err]).toEqual([
      2,
      '[USAGE] --trace run.jsonl: is neither a file nor a character device. Give a file, or use --json and pipe stdout.\n',
    ])
  })

  test('is refused as a trace to read', async () => {
    const { code, err } = await attak(withPipe('run.jsonl'), ['why', '--trace', 'run.jsonl'])
    expect([code, err]).toEqual([2, expect.stringContaining('[USAGE] --trace run.jsonl: is not a file')])
  })

  test.each([
    [['--input', 'pipe.jsonl'], {}],
    [[], { 'topology.js': HELLO['topology.js'].replace('{', "{ input: './pipe.jsonl',") }],
  ])('is refused as an input of --watch: %s', async (argv, changes) => {
    const { 'input.json': _, ...files } = { ...HELLO, ...changes }
    const { code, err } = await attak(withPipe('pipe.jsonl', files), ['simulate', '--watch', ...argv])
    expect([code, err]).toEqual([
      2,
      '[USAGE] attak simulate: --watch cannot read pipe.jsonl again, which is not a file. Give a file as --input.\n',
    ])
  })

  test.each(['simulate', 'check'])('is refused as tsconfig.json: %s', async (command) => {
    for (const topology of ['topology.js', 'topology.ts']) {
      const { 'topology.js': source, ...others } = HELLO
      const files = { ...others, 'package.json': { type: 'module', main: topology }, [topology]: source }
      const { code, err } = await attak(withPipe('tsconfig.json', files), [command])
      expect([code, err]).toEqual([1, expect.stringMatching(/^\[TOPOLOGY_LOAD_FAILED\] .*tsconfig\.json is a pipe/)])
    }
  })

  test.each([['simulate'], ['check']])('is refused as input.json: %s', async (command) => {
    const { 'input.json': _, ...files } = HELLO
    const { code, out, err } = await attak(withPipe('input.json', files), [command])
    expect([code, out + err]).toEqual([1, expect.stringContaining('[INPUT_INVALID] input.json: is a folder, a pipe')])
  })

  test('is refused as package.json', async () => {
    const { 'package.json': _, ...files } = HELLO
    const { code, err } = await attak(withPipe('package.json', files), ['simulate'])
    expect([code, err]).toEqual([1, expect.stringMatching(/^\[TOPOLOGY_LOAD_FAILED\] .*package\.json is a pipe/)])
  })
})

test('/dev/null is allowed as a trace', async () => {
  expect(await attak(folderOf(HELLO), ['simulate', '--trace', '/dev/null'])).toMatchObject({ code: 0, err: '' })
})

test.each([['simulate'], ['why']])(
  'a trace that the system refuses is a failure, not wrong usage: %s',
  async (command) => {
    const folder = folderOf(HELLO)
    symlinkSync('run.jsonl', join(folder, 'run.jsonl'))
    const { code, err } = await attak(folder, [command, '--trace', 'run.jsonl'])
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(/^\[FILE_FAILED\] .*run\.jsonl: its symbolic links lead in a circle/),
    ])
  },
)

test.each(['simulate', 'check'])(
  'a folder is refused as input.json, package.json or tsconfig.json: %s',
  async (command) => {
    for (const name of ['input.json', 'package.json', 'tsconfig.json'] as const) {
      const folder = folderOf({ ...HELLO, 'topology.ts': HELLO['topology.js'] })
      rmSync(join(folder, name), { force: true })
      mkdirSync(join(folder, name))
      for (const topology of ['topology.js', 'topology.ts']) {
        const { code, out, err } = await attak(folder, [command, topology])
        expect([code, out + err], `${name} for ${topology}`).toEqual([
          1,
          expect.stringMatching(`${name}:? is a folder`),
        ])
      }
    }
  },
)
