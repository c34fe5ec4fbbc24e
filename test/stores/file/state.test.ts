import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { build } from 'esbuild'
import * as fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { after } from '../../../src/hosts/after.ts'
import type { Operation, StateStore } from '../../../src/runtime/state.ts'
import { openFileState } from '../../../src/stores/file/state.ts'
import { stateContract } from '../../contract/state-store.ts'

const WITHIN_MS = 20_000
const folder = () => mkdtempSync(join(tmpdir(), 'attak-state-'))
const put = (name: string, value: string): Operation => ({ kind: 'put', key: { group: 'g', name }, value })
const open = async (file: string, compactBytes?: number) => {
  const store = await openFileState({ file, now: () => 0, after, ...(compactBytes && { compactBytes }) })
  onTestFinished(() => store.close())
  return store
}
const namesIn = async (store: StateStore) => {
  const names: string[] = []
  for await (const page of store.list('g', { withinMs: WITHIN_MS })) names.push(...page.map(({ name }) => name))
  return names.toSorted()
}

for (const compactBytes of [undefined, 1]) {
  stateContract(compactBytes === undefined ? 'in a file' : 'in a file that is often written anew', {
    make() {
      const file = join(folder(), 'state', 't.journal')
      let [nowMs, last]: [number, StateStore | undefined] = [0, undefined]
      return {
        async open() {
          await last?.close()
          last = await openFileState({ file, now: () => nowMs, after, ...(compactBytes && { compactBytes }) })
          return last
        },
        pass: (ms) => {
          nowMs += ms
        },
        close: () => last?.close(),
      }
    },
    runs: 25,
    skips: [],
  })
}

/** Counts up until it is killed, and prints what was answered. */
const WRITER = `
import { openFileState } from './src/stores/file/state.ts'
import { after } from './src/hosts/after.ts'
const [, , file, start] = process.argv
const store = await openFileState({ file, now: () => 0, after, compactBytes: 2000 })
for (let n = Number(start); ; n++) {
  const last = { kind: 'put', key: { group: 'g', name: 'last' }, value: String(n) }
  await store.transact([last, { kind: 'add', key: { group: 'g', name: 'sum' }, sums: { n: 1 } }], 10_000)
  console.log(n)
}
`

/** Counts up until a change fails. Prints the last number that was answered, two failures, and the number that is read. */
const FILLER = `
import { openFileState } from './src/stores/file/state.ts'
import { after } from './src/hosts/after.ts'
const store = await openFileState({ file: process.argv[2], now: () => 0, after, compactBytes: 1e9 })
const key = { group: 'g', name: 'last' }
const set = (n) => store.transact([{ kind: 'put', key, value: String(n) }], 10_000).then(() => n, ({ code }) => code)
let n = 1
let result
while ((result = await set(n)) === n) n++
console.log(n - 1, result, await set(n), (await store.get(key, 10_000)).value)
`

/** Returns the file of a bundled script. */
async function scriptOf(contents: string): Promise<string> {
  const script = join(folder(), 'script.mjs')
  await build({
    stdin: { contents, resolveDir: resolve('.'), loader: 'ts' },
    ...{ bundle: true, platform: 'node', format: 'esm', outfile: script, logLevel: 'error' },
  })
  return script
}

describe('a file of state', () => {
  it('that was cut off at any byte has every transaction that was whole', async () => {
    const file = join(folder(), 't.journal')
    const store = await openFileState({ file, now: () => 0, after })
    const ends: number[] = []
    for (const name of ['a', 'b', 'ü', 'd']) {
      await store.transact([put(name, 'x'), put(`${name}2`, 'x')], WITHIN_MS)
      ends.push(statSync(file).size)
    }
    await store.close()
    const bytes = readFileSync(file)
    for (let length = 0; length <= bytes.length; length++) {
      writeFileSync(file, bytes.subarray(0, length))
      const cut = await openFileState({ file, now: () => 0, after })
      const whole = ['a', 'b', 'ü', 'd'].slice(0, ends.filter((end) => end <= length).length)
      expect(await namesIn(cut)).toEqual(whole.flatMap((name) => [name, `${name}2`]).toSorted())
      await cut.transact([put('more', 'x')], WITHIN_MS)
      await cut.close()
      const again = await openFileState({ file, now: () => 0, after })
      expect((await namesIn(again)).includes('more')).toBe(true)
      await again.close()
    }
  })

  it('that is damaged before its end is refused with the line', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const file = join(folder(), 't.journal')
        const store = await openFileState({ file, now: () => 0, after })
        for (const name of ['a', 'b', 'c']) await store.transact([put(name, 'x')], WITHIN_MS)
        await store.close()
        const bytes = readFileSync(file)
        const second = bytes.indexOf('\n') + 1
        const third = bytes.indexOf('\n', second) + 1
        // Without the end of its line, it would be part of the last one, which may be cut off.
        const place = second + (at % (third - 1 - second))
        bytes[place] = bytes[place]! ^ change
        writeFileSync(file, bytes)
        await expect(openFileState({ file, now: () => 0, after })).rejects.toMatchObject({
          code: 'STORE_FAILED',
          message: `the file ${file} is damaged at line 2: later lines are whole, so it was not cut off by a crash`,
        })
      }),
      { numRuns: 20 },
    )
  })

  it('is refused to a second process, and free when the first was killed at any time', async () => {
    const file = join(folder(), 't.journal')
    const script = await scriptOf(WRITER)
    let start = 0
    for (let round = 0; round < 3; round++) {
      const child = spawn(process.execPath, [script, file, String(start)])
      onTestFinished(() => void child.kill('SIGKILL'))
      let printed = ''
      let failed = ''
      child.stdout.on('data', (chunk) => (printed += chunk))
      child.stderr.on('data', (chunk) => (failed += chunk))
      while (printed.split('\n').length < 20) {
        if (child.exitCode !== null) throw new Error(failed)
        await Promise.race([once(child.stdout, 'data'), once(child, 'exit')])
      }
      await expect(openFileState({ file, now: () => 0, after })).rejects.toMatchObject({
        code: 'STORE_FAILED',
        message: `another process uses the state in ${file}`,
      })
      child.kill('SIGKILL')
      await once(child, 'close')
      const answered = Number(printed.trim().split('\n').at(-1))
      const store = await openFileState({ file, now: () => 0, after })
      const last = Number((await store.get({ group: 'g', name: 'last' }, WITHIN_MS))?.value)
      // The one that was under way may be there, too.
      expect([answered, answered + 1]).toContain(last)
      expect((await store.get({ group: 'g', name: 'sum' }, WITHIN_MS))?.sums).toEqual({ n: last + 1 })
      await store.close()
      start = last + 1
    }
  })

  it('of two that open it at the same time, not both have it', async () => {
    for (let round = 0; round < 10; round++) {
      const file = join(folder(), 't.journal')
      const opened = await Promise.allSettled([1, 2, 3].map(() => openFileState({ file, now: () => 0, after })))
      const stores = opened.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
      expect(stores.length).toBeLessThanOrEqual(1)
      for (const store of stores) await store.close()
      await (await openFileState({ file, now: () => 0, after })).close()
    }
  })

  it('whose folder has a long path can be opened, once at a time', async () => {
    const file = join(folder(), 'x'.repeat(120), 't.journal')
    const store = await open(file)
    await store.transact([put('a', 'x')], WITHIN_MS)
    await expect(openFileState({ file, now: () => 0, after })).rejects.toThrow('another process')
  })

  it('stays small while its entries change, and its versions go on', async () => {
    const file = join(folder(), 't.journal')
    const store = await open(file, 4000)
    let version = ''
    for (let n = 0; n < 300; n++) {
      const result = await store.transact([put('a', 'x'.repeat(100))], WITHIN_MS)
      if (result.kind === 'done') version = result.version
    }
    expect(statSync(file).size).toBeLessThan(8000)
    await store.close()
    const again = await open(file)
    const result = await again.transact([put('a', '')], WITHIN_MS)
    expect(result.kind === 'done' && Number(result.version)).toBeGreaterThan(Number(version))
  })

  it.skipIf(process.platform === 'win32')('a full disk refuses a change, and what was answered stays', async () => {
    const file = join(folder(), 't.journal')
    const script = await scriptOf(FILLER)
    const limited = `trap '' XFSZ; ulimit -f 8; exec "$0" "$1" "$2"`
    const child = spawn('sh', ['-c', limited, process.execPath, script, file])
    let printed = ''
    child.stdout.on('data', (chunk) => (printed += chunk))
    await once(child, 'close')
    const [answered, code, code2, read] = printed.trim().split(' ')
    expect([code, code2, read]).toEqual(['STORE_FAILED', 'STORE_FAILED', answered])
    expect(Number(answered)).toBeGreaterThan(0)
    const store = await open(file)
    expect((await store.get({ group: 'g', name: 'last' }, WITHIN_MS))?.value).toBe(answered)
  })

  it('what was refused by a change that was lost with the disk is not refused, but fails', async () => {
    const file = join(folder(), 't.journal')
    const store = await open(file)
    rmSync(dirname(file), { recursive: true })
    const puts = [1, 2].map(() => store.transact([{ ...put('a', 'x'), if: 'absent' } as Operation], WITHIN_MS))
    expect((await Promise.allSettled(puts)).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  })

  it('that is closed refuses calls', async () => {
    const store = await open(join(folder(), 't.journal'))
    await store.close()
    await expect(store.get({ group: 'g', name: 'a' }, WITHIN_MS)).rejects.toMatchObject({ code: 'STORE_FAILED' })
    await expect(store.transact([put('a', 'x')], WITHIN_MS)).rejects.toMatchObject({ code: 'STORE_FAILED' })
  })

  it('a place that cannot be written is named', async () => {
    const dir = folder()
    writeFileSync(join(dir, 'state'), '')
    await expect(openFileState({ file: join(dir, 'state', 't'), now: () => 0, after })).rejects.toMatchObject({
      code: 'STORE_FAILED',
      remedy: expect.stringContaining('.attak'),
    })
    mkdirSync(join(dir, 'folder.journal'))
    await expect(openFileState({ file: join(dir, 'folder.journal'), now: () => 0, after })).rejects.toMatchObject({
      code: 'STORE_FAILED',
    })
  })
})
