import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readBlocks, wholeLines } from '../../src/project/lines.ts'
import { projectFolder } from './folder.ts'

async function* blocksOf(bytes: Uint8Array, cuts: readonly number[]) {
  let start = 0
  for (const cut of [...cuts.map((one) => one % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]) {
    yield bytes.subarray(start, cut)
    start = cut
  }
}

async function textsOf(blocks: AsyncIterable<Uint8Array | string>): Promise<string[]> {
  const texts: string[] = []
  for await (const text of wholeLines(blocks)) texts.push(text as string)
  return texts
}

test('lines are those of the text, with its bytes cut anywhere', async () => {
  const text = fc.string({ unit: fc.constantFrom('a', '\n', '\r\n', 'é', '✓', '😀', '\ufeff', '{"a":1}') })
  await fc.assert(
    fc.asyncProperty(text, fc.array(fc.nat()), async (whole, cuts) => {
      const texts = await textsOf(blocksOf(Buffer.from(whole), cuts))
      expect(texts.join('')).toBe(whole)
      for (const one of texts.slice(0, -1)) expect(one.endsWith('\n')).toBe(true)
    }),
  )
})

test('a file is read to its end, lines longer than a block included', async () => {
  const folder = projectFolder({})
  const lines = [...Array(5000).keys()].map((index) => `${index} ${'é✓'.repeat(index % 40)}`)
  lines.splice(100, 0, 'x'.repeat(300_000))
  writeFileSync(join(folder, 'long.txt'), lines.join('\n'))
  const texts = await textsOf(readBlocks(join(folder, 'long.txt')))
  expect(texts.join('').split('\n')).toEqual(lines)
})

test('a reader that stops early closes the file', async () => {
  const folder = projectFolder({ 'a.txt': 'a\n'.repeat(200_000) })
  for await (const block of readBlocks(join(folder, 'a.txt'))) {
    expect(block.length).toBe(128 * 1024)
    break
  }
})

test('pipes without a writer block no thread, and are read when they have one', async () => {
  const folder = projectFolder({ 'a.txt': 'a' })
  // More than the threads that Node has for files.
  const pipes = [...Array(8).keys()].map((index) => join(folder, `pipe${index}`))
  spawnSync('mkfifo', pipes)
  const texts = pipes.map((pipe) => textsOf(readBlocks(pipe)))
  expect(await textsOf(readBlocks(join(folder, 'a.txt')))).toEqual(['a'])
  for (const pipe of pipes) writeFileSync(pipe, 'written')
  expect(await Promise.all(texts)).toEqual(pipes.map(() => ['written']))
})
