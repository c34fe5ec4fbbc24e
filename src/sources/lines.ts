/** A line of bytes. */
export interface Line {
  /** Without its end; undefined for a line that is too long. */
  readonly bytes: Buffer | undefined
  /** How many bytes came before it. */
  readonly start: number
  /** How many bytes came before what follows it. */
  readonly end: number
}

const NEWLINE = 10
const RETURN = 13

/** Cuts bytes into lines, wherever they are cut into blocks. Memory stays what one block and one line need. */
export interface LineCutter {
  take(block: Buffer): Line[]
  /** The line that has no end yet; undefined without one. The next block begins a new one. */
  rest(): Line | undefined
}

/** Begins at a place. Of a line with more than `mostBytes`, only the length is kept. */
export function createLineCutter(mostBytes: number, place = 0): LineCutter {
  let start = place
  let parts: Buffer[] = []
  let bytes = 0
  const add = (part: Buffer) => {
    bytes += part.length
    // A caller may use its block again.
    if (bytes <= mostBytes) parts.push(Buffer.from(part))
    else parts = []
  }
  const close = (endBytes: number): Line => {
    const isWhole = bytes <= mostBytes
    const line = {
      bytes: isWhole ? withoutReturn(Buffer.concat(parts)) : undefined,
      start,
      end: start + bytes + endBytes,
    }
    start = line.end
    parts = []
    bytes = 0
    return line
  }
  return {
    take(block) {
      const lines: Line[] = []
      let at = 0
      for (let end = block.indexOf(NEWLINE); end >= 0; end = block.indexOf(NEWLINE, at)) {
        add(block.subarray(at, end))
        lines.push(close(1))
        at = end + 1
      }
      if (at < block.length) add(block.subarray(at))
      return lines
    },
    rest: () => (bytes === 0 ? undefined : close(0)),
  }
}

function withoutReturn(bytes: Buffer): Buffer {
  return bytes.at(-1) === RETURN ? bytes.subarray(0, -1) : bytes
}
