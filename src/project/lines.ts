import { open } from 'node:fs/promises'

const NEWLINE = 10
const BLOCK_BYTES = 64 * 1024

/**
 * Reads a file from its beginning, a block at a time, the next one being read while the last one is looked at. A block
 * is only valid until the next one is asked for.
 */
export async function* readBlocks(path: string): AsyncGenerator<Uint8Array, void, undefined> {
  const file = await open(path)
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
  let pending: Buffer[] = []
  let first = true
  const textOf = (parts: readonly Buffer[]) => {
    const text = (parts.length === 1 ? parts[0]! : Buffer.concat(parts)).toString('utf8')
    const marked = first && text.charCodeAt(0) === 0xfeff
    first = false
    return marked ? text.slice(1) : text
  }
  for await (const given of blocks) {
    const block =
      typeof given === 'string' ? Buffer.from(given) : Buffer.from(given.buffer, given.byteOffset, given.length)
    const end = block.lastIndexOf(NEWLINE) + 1
    if (end > 0) {
      yield textOf([...pending, block.subarray(0, end)])
      pending = []
    }
    if (end < block.length) pending.push(Buffer.from(block.subarray(end)))
  }
  if (pending.length > 0) yield textOf(pending)
}
