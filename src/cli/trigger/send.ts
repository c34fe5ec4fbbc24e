/** How many events are on their way at once. */
const AT_ONCE = 32

/**
 * Sends events, some at once, telling of each that was accepted. At the first that is refused nothing more is sent; what
 * is on its way is waited for, and then that refusal thrown. Ends early when the signal says so.
 */
export async function sendAll<Event, Sent>(
  chunks: AsyncIterable<readonly Event[]> | Iterable<readonly Event[]>,
  send: (event: Event) => Promise<Sent>,
  signal: AbortSignal,
  accepted: (sent: Sent) => void,
): Promise<void> {
  const sending = new Set<Promise<void>>()
  const refusals: unknown[] = []
  const start = (event: Event) => {
    const sent = send(event)
      .then(accepted, (error: unknown) => void refusals.push(error))
      .finally(() => sending.delete(sent))
    sending.add(sent)
  }
  const stopped = () => signal.aborted || refusals.length > 0
  try {
    for await (const events of untilAborted(chunks, signal)) {
      for (const event of events) {
        if (stopped()) break
        start(event)
        if (sending.size >= AT_ONCE) await Promise.race(sending)
      }
      if (stopped()) break
    }
  } finally {
    await Promise.all(sending)
  }
  if (refusals.length > 0) throw refusals[0]
}

/** Ends when the signal says so, without waiting for the next chunk, which may never come. */
async function* untilAborted<Chunk>(
  chunks: AsyncIterable<Chunk> | Iterable<Chunk>,
  signal: AbortSignal,
): AsyncGenerator<Chunk, void, undefined> {
  const iterator = Symbol.asyncIterator in chunks ? chunks[Symbol.asyncIterator]() : chunks[Symbol.iterator]()
  let end = () => {}
  const aborted = new Promise<undefined>((resolve) => {
    end = () => resolve(undefined)
  })
  signal.addEventListener('abort', end, { once: true })
  let isAsked = false
  try {
    while (!signal.aborted) {
      isAsked = true
      const next = await Promise.race([iterator.next(), aborted])
      if (next === undefined) return
      isAsked = false
      if (next.done === true) return
      yield next.value
    }
  } finally {
    signal.removeEventListener('abort', end)
    const closed = Promise.resolve(iterator.return?.())
    if (isAsked) closed.catch(() => undefined)
    else await closed
  }
}
