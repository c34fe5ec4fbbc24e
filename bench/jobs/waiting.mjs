const MESSAGES = 1_000_000

/** What a million waiting messages cost beside their data (small integers, which cost nothing), by who holds them. */
const HOLDERS = { attak: attakHolds, retries: attakRetries, promises: promisesHold }

/** `{ holder: 'attak' }` gives `{ value: 72.1 }`: bytes of heap, after a collection, for each message that waits. */
export async function measure({ holder }) {
  return { value: (await HOLDERS[holder]()) / MESSAGES, events: MESSAGES }
}

/** One handler emits them all; heap is read by the receiver when the first arrives and the others wait. */
async function attakHolds() {
  const { simulateTopology } = await import('../engines/attak.mjs')
  const before = heapBytes()
  let bytes
  let arrived = 0
  await simulateTopology({
    processors: {
      from: (_event, context) => {
        for (let index = 0; index < MESSAGES; index++) context.emit('out', index)
      },
      to: () => {
        arrived++
        bytes ??= heapBytes() - before
      },
    },
    streams: [['from', 'to', 'out']],
    input: [[{ to: 'from', event: null }]],
  })
  check(arrived)
  return bytes
}

/** Each of a million events fails once; heap is read by the first that is tried again, while the others wait. */
async function attakRetries() {
  const { simulateTopology } = await import('../engines/attak.mjs')
  const failure = new Error('not yet')
  const before = heapBytes()
  let bytes
  let arrived = 0
  await simulateTopology({
    processors: {
      from: (_event, context) => {
        for (let index = 0; index < MESSAGES; index++) context.emit('out', index)
      },
      to: {
        retries: 1,
        handler(_event, { attempt }) {
          if (attempt === 1) throw failure
          arrived++
          bytes ??= heapBytes() - before
        },
      },
    },
    streams: [['from', 'to', 'out']],
    input: [[{ to: 'from', event: null }]],
  })
  check(arrived)
  return bytes
}

/** The naive way: a promise for each, chained to the gate that lets them go on. */
async function promisesHold() {
  let open
  const gate = new Promise((resolve) => (open = resolve))
  let arrived = 0
  const deliver = async (event) => {
    await gate
    if (event >= 0) arrived++
  }
  const before = heapBytes()
  const waiting = []
  for (let index = 0; index < MESSAGES; index++) waiting.push(deliver(index))
  const bytes = heapBytes() - before
  open()
  await Promise.all(waiting)
  check(arrived)
  return bytes
}

function heapBytes() {
  globalThis.gc()
  globalThis.gc()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

function check(arrived) {
  if (arrived !== MESSAGES) throw new Error(`${arrived} of ${MESSAGES} messages arrived`)
}
