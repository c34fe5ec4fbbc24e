/** Whether a call of AWS's SDK failed by one of these names: `ResourceNotFoundException`. */
export function failedWith(error: unknown, ...names: readonly string[]): boolean {
  return error instanceof Error && names.includes(error.name)
}

/** Calls `each` for all of `items`, ten at once. Returns the results in the order of the items, without undefined ones. */
export async function gather<Item, Given>(
  items: readonly Item[],
  each: (item: Item, index: number) => Promise<Given | undefined>,
): Promise<readonly Given[]> {
  const given: (Given | undefined)[] = new Array(items.length)
  let next = 0
  const work = async () => {
    for (let index = next++; index < items.length; index = next++) given[index] = await each(items[index]!, index)
  }
  await Promise.all(Array.from({ length: Math.min(10, items.length) }, work))
  return given.filter((one) => one !== undefined)
}

/** One page of a listing, and where the next one starts; an empty `next` ends the listing. */
export interface Page<Item> {
  readonly items: readonly Item[] | undefined
  readonly next: string | undefined
}

/** Reads a listing page by page, and returns all its items. */
export async function pagesOf<Item>(
  read: (start: string | undefined) => Promise<Page<Item>>,
): Promise<readonly Item[]> {
  const all: Item[] = []
  let start: string | undefined
  do {
    const { items = [], next } = await read(start)
    for (const item of items) all.push(item)
    start = next
  } while (start !== undefined && start !== '')
  return all
}
