import { expect, it } from 'vitest'
import type { OpenLane, RecordTally } from '../../../src/hosts/worker/lane.ts'
import { createSuspects } from '../../../src/hosts/worker/suspects.ts'

/** A lane whose records may all have ended an earlier owner. */
function suspectLane(suspect = async () => {}): {
  readonly lane: OpenLane
  readonly record: (ref: string) => RecordTally
} {
  const left = { marks: new Map(), crashes: new Map(), isSuspect: () => true }
  const owned = { channel: 'bill', left, suspect, survived: () => {}, wake: () => {} }
  const lane = { lane: owned, isLost: false } as unknown as OpenLane
  return { lane, record: (ref) => ({ lane, ref, items: [{}], ended: 0 }) as unknown as RecordTally }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

it('suspects run one after the other, whichever lanes they are of', async () => {
  const started: string[] = []
  const suspects = createSuspects()
  const [one, other] = [suspectLane(), suspectLane()]
  const records = [one.record('a'), other.record('b'), one.record('c')]
  for (const record of records) suspects.add(record, () => void started.push(record.ref))
  for (const [index, record] of records.entries()) {
    await turn()
    expect(started).toEqual(['a', 'b', 'c'].slice(0, index + 1))
    record.ended++
    suspects.ended(record)
  }
  expect([suspects.hasOf(one.lane), suspects.hasOf(other.lane)]).toEqual([false, false])
})

it('a suspect that another worker has now does not hold up the others', async () => {
  const started: string[] = []
  const suspects = createSuspects()
  const [one, other] = [suspectLane(), suspectLane()]
  const [gone, next] = [one.record('gone'), other.record('next')]
  for (const record of [gone, next]) suspects.add(record, () => void started.push(record.ref))
  await turn()
  gone.isLost = true
  suspects.dropped(gone)
  expect(suspects.hasOf(one.lane)).toBe(false)
  await turn()
  expect(started).toEqual(['gone', 'next'])
})

it('two never run at once, also if one is gone while its count is written', async () => {
  const started: string[] = []
  const suspects = createSuspects()
  let written = () => {}
  const slow = suspectLane(() => new Promise((resolve) => (written = resolve)))
  const other = suspectLane()
  const [gone, next, last] = [slow.record('gone'), other.record('next'), other.record('last')]
  for (const record of [gone, next, last]) suspects.add(record, () => void started.push(record.ref))
  gone.isLost = true
  suspects.dropped(gone)
  expect(suspects.hasOf(slow.lane)).toBe(false)
  await turn()
  written()
  await turn()
  expect(started).toEqual(['next'])
})
