import { createMemoryState } from '../../../src/stores/memory/state.ts'
import { stateContract } from '../../contract/state-store.ts'

stateContract('in memory', {
  make() {
    let nowMs = 0
    const store = createMemoryState({ now: () => nowMs })
    return {
      open: () => store,
      pass: (ms) => {
        nowMs += ms
      },
      close: () => store.close(),
    }
  },
  runs: 300,
})
