import { promises } from 'node:fs'

const NEWLINE = 10
/** Half of it costs a tenth more for each line, twice of it no less (row I1 of the benchmarks). */
const BLOCK_BYTES = 128 * 1024

/**
 * Reads a file from its beginning, a block at a time, the next one being read while the last one is looked at. A block
 * is only valid until the next one is asked for.
 */
export async function* readBlocks(path: string): AsyncGenerator<Uint8Array, void, undefined> {
  const file = await promises.open(path)
  const buffers = [Buffer.allocUnsafeSlow(BLOCK_BYTES), Buffer.allocUnsafeSlow(BLOCK_BYTES)] as const
  let turn: 0 | 1 = 0
  const read = () => {
    turn = turn === 0 ? 1 : 0
    const result = file.read(buffers[turn], 0, BLOCK_BYTES)
    result.catch(() => undefined)
    return result
  }
  try {
    for (let next = read(); ; ) {
      const { bytesRead, buffer } = await next
      if (bytesRead === 0) return
      next = read()
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
}

/**
 * Joins blocks of UTF-8 into texts of whole lines, each with its newline; only the last line of all may lack it. Lines
 * and characters may be cut anywhere between blocks, and a line may be longer than any of them. A byte order mark goes.
 * Whole texts and not lines, since a promise for each line would cost more than reading it.
 */
export async function* wholeLines(blocks: AsyncIterable<Uint8Array | string>): AsyncGenerator<string, void, undefined> {
  let cut: Buffer[] = []
  let first = true
  const textOf = (bytes: Buffer) => {
    const text = bytes.toString('utf8')
    const marked = first && text.charCodeAt(0) === 0xfeff
    first = false
    return marked ? text.slice(1) : text
  }
  for await (const given of blocks) {
    const block =
      typeof given === 'string' ? Buffer.from(given) : Buffer.from(given.buffer, given.byteOffset, given.length)
    let start = 0
    if (cut.length > 0) {
      // The line that was cut is joined alone: to join it with all of the block would copy the block.
      start = block.indexOf(NEWLINE) + 1
      if (start > 0) {
        yield textOf(Buffer.concat([...cut, block.subarray(0, start)]))
        cut = []
      }
    }
    const end = block.lastIndexOf(NEWLINE) + 1
    if (end > start) yield textOf(block.subarray(start, end))
    if (end < block.length) cut.push(Buffer.from(block.subarray(end)))
  }
  if (cut.length > 0) yield textOf(Buffer.concat(cut))
}
