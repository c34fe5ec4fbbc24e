import { handledContract, TTL_MS } from '../contract/handled.ts'
import { createMemoryHandled } from '../contract/memory-handled.ts'

handledContract('in memory', () => {
  let nowMs = 0
  const store = createMemoryHandled({ now: () => nowMs, ttlMs: TTL_MS })
  return {
    open: () => store,
    pass: (ms) => {
      nowMs += ms
    },
    close: () => {},
  }
})
