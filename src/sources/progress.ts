/** How far a sequence of messages is done, from its beginning. */
export interface Progress<Place> {
  /** Begins a message; `after` is the place behind it. Returns what ends it. */
  begin(after: Place): () => void
  /** The place behind the last message before which everything is done; undefined while the first is open. */
  readonly done: Place | undefined
  /** Messages that were begun and are not before {@link done}. */
  readonly ahead: number
}

/** Follows messages that end in any order. */
export function createProgress<Place>(): Progress<Place> {
  const begun: { readonly after: Place; isDone: boolean }[] = []
  let first = 0
  let done: Place | undefined
  return {
    begin(after) {
      const one = { after, isDone: false }
      begun.push(one)
      return () => {
        one.isDone = true
        while (begun[first]?.isDone) done = begun[first++]!.after
        if (first < 1000 && first < begun.length) return
        begun.splice(0, first)
        first = 0
      }
    },
    get done() {
      return done
    },
    get ahead() {
      return begun.length - first
    },
  }
}
