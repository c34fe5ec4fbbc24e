import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { attak } from './fake-host.ts'
import { folderOf, HELLO } from './folder.ts'

function withPipe(name: string, files: Readonly<Record<string, unknown>> = HELLO): string {
  const folder = folderOf(files)
  execFileSync('mkfifo', [join(folder, name)])
  return folder
}

describe.skipIf(process.platform === 'win32')('a pipe that nobody writes or reads', () => {
  test('is no trace', async () => {
    const { code, err } = await attak(withPipe('run.jsonl'), ['simulate', '--trace', 'run.jsonl'])
    expect([code, err]).toEqual([
      2,
      '[USAGE] --trace run.jsonl: is neither a file nor a character device. Give a file, or use --json and pipe stdout.\n',
    ])
  })

  test.each(['simulate', 'check'])('is no tsconfig.json: %s', async (command) => {
    for (const topology of ['topology.js', 'topology.ts']) {
      const { 'topology.js': source, ...others } = HELLO
      const files = { ...others, 'package.json': { type: 'module', main: topology }, [topology]: source }
      const { code, err } = await attak(withPipe('tsconfig.json', files), [command])
      expect([code, err]).toEqual([1, expect.stringMatching(/^\[TOPOLOGY_LOAD_FAILED\] .*tsconfig\.json is a pipe/)])
    }
  })

  test('is no package.json', async () => {
    const { 'package.json': _, ...files } = HELLO
    const { code, err } = await attak(withPipe('package.json', files), ['simulate'])
    expect([code, err]).toEqual([1, expect.stringMatching(/^\[TOPOLOGY_LOAD_FAILED\] .*package\.json is a pipe/)])
  })
})

test('/dev/null is a trace that nobody reads', async () => {
  expect(await attak(folderOf(HELLO), ['simulate', '--trace', '/dev/null'])).toMatchObject({ code: 0, err: '' })
})
