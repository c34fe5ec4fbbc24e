import { createMemoryHandled } from '../../src/stores/memory/handled.ts'
import { handledContract, TTL_MS } from '../contract/handled.ts'

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
