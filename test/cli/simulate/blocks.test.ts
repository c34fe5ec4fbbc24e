import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { blocksTo, blocksToFile, openTrace } from '../../../src/cli/simulate/blocks.ts'
import { fakeHost } from '../fake-host.ts'

test('many small pieces become few writes without loss', async () => {
  const written: string[] = []
  const blocks = blocksTo(fakeHost('.', { onOut: (text) => written.push(text) }).out, 'text')
  for (let index = 0; index < 30_000; index++) blocks.add('0123456789')
  await blocks.close()
  expect(written.join('')).toBe('0123456789'.repeat(30_000))
  expect(written.length).toBeLessThan(6)
})

test('a slow reader is waited for', async () => {
  let drain = () => {}
  const terminal = {
    ...fakeHost('.').out,
    tell: () => false,
    drained: () => new Promise<void>((resolve) => (drain = resolve)),
  }
  const blocks = blocksTo(terminal, 'text')
  expect(blocks.flush()).toBeUndefined()
  blocks.add('text')
  const behind = blocks.flush()
  expect(behind).toBeInstanceOf(Promise)
  drain()
  await behind
  expect(blocks.flush()).toBeUndefined()
})

test('a file is created again and holds everything that was added', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'attak-blocks-')), 'trace.jsonl')
  for (const text of ['long before', 'é']) {
    const blocks = blocksToFile(file)
    blocks.add(text)
    await blocks.close()
  }
  expect(readFileSync(file, 'utf8')).toBe('é')
})

test('a trace that cannot be opened is refused in words, with what to do', () => {
  const cwd = mkdtempSync(join(tmpdir(), 'attak-blocks-'))
  const refused = (file: string) => {
    try {
      openTrace(file, cwd, () => {})
      return ''
    } catch (error) {
      const { message, remedy } = error as { message: string; remedy: string }
      return `${message}. ${remedy}`
    }
  }
  const remedy = 'Give a file in a folder that exists.'
  expect(refused('none/x')).toBe(
    `--trace none/x: cannot be written: there is no such file or folder (ENOENT). ${remedy}`,
  )
  expect(refused('.')).toBe(`--trace .: cannot be written: is a folder, not a file (EISDIR). ${remedy}`)
})
