import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Host } from '../../src/cli/host.ts'
import { hushSlowLine, slowLine } from '../../src/cli/slow.ts'

// Fake timers replace the global ones alone.
vi.mock('node:timers', () => ({
  setInterval: (run: () => void, ms: number) => globalThis.setInterval(run, ms),
  clearInterval: (timer: NodeJS.Timeout) => globalThis.clearInterval(timer),
}))

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function openLine(isTTY = true) {
  let shown = ''
  const write = (text: string) => {
    shown += text
    return true
  }
  const host = { err: { write, isTTY }, now: () => performance.now() } as unknown as Host
  /** Passes time, and returns what was written meanwhile. */
  const pass = (ms: number) => {
    vi.advanceTimersByTime(ms)
    return take()
  }
  const take = () => {
    const text = shown
    shown = ''
    return text
  }
  return { begin: slowLine(host), host, pass, take }
}

test('slow work is shown after two seconds, and removed at its end', () => {
  const { begin, pass, take } = openLine()
  const end = begin('waiting for an answer to Lambda ListFunctions')
  expect(pass(1999)).toBe('')
  expect(pass(1)).toContain('waiting for an answer to Lambda ListFunctions: 2 s')
  expect(pass(1000)).toContain(': 3 s')
  end()
  expect(take()).not.toBe('')
  expect(pass(5000)).toBe('')
})

test('quick work writes nothing', () => {
  const { begin, pass, take } = openLine()
  begin('a')()
  expect(take() + pass(5000)).toBe('')
})

test('the oldest of several tasks is named', () => {
  const { begin, pass } = openLine()
  const endOld = begin('old')
  pass(1000)
  begin('young')
  expect(pass(2000)).toContain('old: 3 s')
  endOld()
  expect(pass(1000)).toContain('young: 3 s')
})

test('nothing is written without a terminal, or if a command draws its own progress', () => {
  const file = openLine(false)
  file.begin('a')
  expect(file.pass(5000)).toBe('')
  const own = openLine()
  own.begin('a')
  hushSlowLine(own.host)
  expect(own.pass(5000)).toBe('')
})
