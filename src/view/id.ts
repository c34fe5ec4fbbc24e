/** Returns how many characters of the ids are enough to distinguish all of them; at least eight. */
export function idLength(records: readonly { readonly id: string }[]): number {
  const ids = [...new Set(records.map(({ id }) => id))].sort()
  let length = LEAST_SHOWN
  for (let index = 1; index < ids.length; index++) {
    while (length < ids[index]!.length && ids[index]!.slice(0, length) === ids[index - 1]!.slice(0, length)) length++
  }
  return length
}

const LEAST_SHOWN = 8
