import { readdirSync, readFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { after } from '../../src/hosts/after.ts'
import { createStop, waitFor } from '../../src/runtime/stop.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

describe('what waits until it is stopped', () => {
  test('gets the value, if that comes first', async () => {
    const stop = createStop()
    expect(await stop.until(Promise.resolve(7))).toBe(7)
    expect(await stop.until(undefined)).toBeUndefined()
  })

  test('gets undefined when it is stopped, and when it was stopped before', async () => {
    const stop = createStop()
    const never = new Promise<number>(() => {})
    const waiting = stop.until(never)
    stop.stop()
    expect(await waiting).toBeUndefined()
    expect(await stop.until(never)).toBeUndefined()
  })

  test("fails with what it waits for; a failure after the stop is nobody's", async () => {
    const stop = createStop()
    await expect(stop.until(Promise.reject(new Error('broken')))).rejects.toThrow('broken')
    stop.stop()
    expect(await stop.until(Promise.reject(new Error('too late')))).toBeUndefined()
  })

  test('leaves nothing behind when its wait is over', async () => {
    const stop = createStop()
    const wait = async () => new WeakRef((await stop.until(Promise.resolve({ some: 'value' })))!)
    const value = await wait()
    await waitFor({ after }, 1, stop)
    collect()
    expect(value.deref()).toBeUndefined()
    expect(stop.isStopped).toBe(false)
  })

  test('waits no longer than until any of several is stopped', async () => {
    const [one, other] = [createStop(), createStop()]
    const waiting = waitFor({ after }, 1e9, one, other)
    other.stop()
    await waiting
  })
})

test('nothing in the code races with a stop: a race keeps each wait until the stop', () => {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
  const racing = files.filter((file) => /Promise\.race\(\[[^\]]*\bstopped\b/.test(readFileSync(`src/${file}`, 'utf8')))
  // It waits once in the life of a service.
  expect(racing.sort()).toEqual(['cli/run/serve.ts'])
})
