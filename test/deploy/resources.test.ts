import { createFakeClock } from '../contract/clock.ts'
import { createFakeCloud } from '../contract/cloud.ts'
import { resourcesContract } from '../contract/cloud-resources.ts'
import { randomOf } from '../contract/random.ts'
import { topologyOf } from '../contract/resources.ts'

resourcesContract('of the fake cloud', () => {
  const clock = createFakeClock()
  const cloud = createFakeCloud({
    clock,
    random: randomOf(7),
    lagMs: 5_000,
    faults: { throttled: 0.1, lost: 0.1 },
  })
  return {
    open: (stage) => cloud.open({ stage }),
    wanted: (stage) => topologyOf(['a', 'b'], { stage }),
    changed: (stage) => topologyOf(['a'], { stage, memory: 512 }),
    makeStranger: cloud.makeStranger,
    now: clock.now,
    sleep: clock.sleep,
    run: clock.until,
    close() {},
  }
})
