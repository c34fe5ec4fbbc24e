/**
 * Makes one call after the other, each with the things that came meanwhile, at most so many, and with its number, from 1. A call that
 * is repeated after a lost connection never comes behind a later one.
 */
export function inTurn<Thing>(most: number, call: (things: readonly Thing[], seq: number) => Promise<unknown>) {
  type Waiting = { readonly things: readonly Thing[]; resolve(): void; reject(error: unknown): void }
  const waiting: Waiting[] = []
  let isCalling = false
  let seq = 0
  const next = async () => {
    if (isCalling || waiting.length === 0) return
    isCalling = true
    const batch: Waiting[] = []
    for (let count = 0; waiting.length > 0 && (count === 0 || count + waiting[0]!.things.length <= most); ) {
      count += waiting[0]!.things.length
      batch.push(waiting.shift()!)
    }
    try {
      await call(
        batch.flatMap(({ things }) => things),
        ++seq,
      )
      for (const { resolve } of batch) resolve()
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
    isCalling = false
    void next()
  }
  return (things: readonly Thing[]): Promise<void> =>
    new Promise((resolve, reject) => {
      waiting.push({ things, resolve, reject })
      void next()
    })
}
