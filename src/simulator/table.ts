/**
 * Rows that are only added to, in blocks of columns: nothing is copied when it grows. Plain data with functions beside
 * it, since closures that several tables share are not inlined into what fills them (row S5 of the benchmarks).
 */
export interface Table<Block> {
  length: number
  /** The block that rows are added to. */
  last: Block
  readonly blocks: Block[]
  readonly makeBlock: (rows: number) => Block
}

const ROW_BITS = 10
const BLOCK_ROWS = 1 << ROW_BITS
const WITHIN_BLOCK = BLOCK_ROWS - 1

/** Makes an empty table; `makeBlock` gives columns of so many rows. */
export function createTable<Block>(makeBlock: (rows: number) => Block): Table<Block> {
  const last = makeBlock(BLOCK_ROWS)
  return { length: 0, last, blocks: [last], makeBlock }
}

/** Adds a row, and gives its place in the columns of `table.last`. */
export function addRow<Block>(table: Table<Block>): number {
  const row = table.length++
  if (row === table.blocks.length * BLOCK_ROWS) {
    table.last = table.makeBlock(BLOCK_ROWS)
    table.blocks.push(table.last)
  }
  return row & WITHIN_BLOCK
}

/** The block that holds a row. */
export function blockOf<Block>(table: Table<Block>, row: number): Block {
  return table.blocks[row >> ROW_BITS]!
}

/** The place of a row in the columns of its block. */
export function placeOf(row: number): number {
  return row & WITHIN_BLOCK
}
