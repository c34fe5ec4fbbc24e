/** Makes something when it is first asked for. What could not be made is made again the next time. */
export function once<Value>(make: () => Promise<Value>): { get(): Promise<Value>; made(): Promise<Value> | undefined } {
  let made: Promise<Value> | undefined
  return {
    get() {
      made ??= make().catch((error: unknown) => {
        made = undefined
        throw error
      })
      return made
    },
    made: () => made,
  }
}
