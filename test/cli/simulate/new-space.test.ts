import { expect, onTestFinished, test, vi } from 'vitest'
import { holdNewSpace, type V8 } from '../../../src/cli/simulate/new-space.ts'

const MIB = 1024 * 1024

/** A V8 whose space for new objects has these sizes, one after the other, each time that it is looked at. */
function v8Of(...sizes: readonly number[]) {
  const flags: string[] = []
  let looks = 0
  const spaceOf = () => ({ space_name: 'new_space', space_size: sizes[looks++]! })
  const v8 = { getHeapSpaceStatistics: () => [spaceOf()], setFlagsFromString: (flag: string) => void flags.push(flag) }
  return { v8: v8 as unknown as V8, flags, looks: () => looks }
}

test('the space for new objects grows to 8 MiB a half and no further, until it is let go', () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const { v8, flags, looks } = v8Of(2 * MIB, 8 * MIB, 16 * MIB)
  const release = holdNewSpace(() => v8)
  vi.advanceTimersByTime(140)
  expect(flags).toEqual([])
  vi.advanceTimersByTime(1000)
  expect(flags).toEqual(['--semi-space-growth-factor=1'])
  expect(looks()).toBe(3)
  release()
  expect(flags).toEqual(['--semi-space-growth-factor=1', '--semi-space-growth-factor=2'])
})

test('a run that is over before never touches it', () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const { v8, flags, looks } = v8Of(32 * MIB)
  holdNewSpace(() => v8)()
  vi.advanceTimersByTime(1000)
  expect([flags, looks()]).toEqual([[], 0])
})
