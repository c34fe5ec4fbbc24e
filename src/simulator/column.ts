/** A list that only grows, kept in blocks: nothing is copied when it grows. */
export interface Column<T> {
  readonly length: number
  push(value: T): void
  at(index: number): T
}

const BLOCK_BITS = 12
const BLOCK_LENGTH = 1 << BLOCK_BITS
const WITHIN_BLOCK = BLOCK_LENGTH - 1

/** A block of a column: an array, or a typed one for numbers. */
interface Block<T> {
  [index: number]: T
}

/** Makes an empty column; `makeBlock` gives a block of so many places. */
export function createColumn<T>(makeBlock: (length: number) => Block<T>): Column<T> {
  const blocks: Block<T>[] = []
  let block: Block<T> | undefined
  let length = 0
  return {
    get length() {
      return length
    },
    push(value) {
      const place = length++ & WITHIN_BLOCK
      if (place === 0 || block === undefined) {
        block = makeBlock(BLOCK_LENGTH)
        blocks.push(block)
      }
      block[place] = value
    },
    at: (index) => blocks[index >> BLOCK_BITS]![index & WITHIN_BLOCK] as T,
  }
}
