import { spawnSync } from 'node:child_process'
import { buildSync } from 'esbuild'
import { expect, test } from 'vitest'

/** Runs a program that opens a watchdog in its own process: what it guards against would stop this one. */
function guarded(program: string): { readonly code: number | null; readonly out: string } {
  const contents = `
    import { writeSync } from 'node:fs'
    import { openWatchdog } from './src/cli/simulate/watchdog.ts'
    const say = (text) => writeSync(1, text + '\\n')
    ${program}`
  const built = buildSync({
    stdin: { contents, resolveDir: '.', loader: 'ts' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    write: false,
  })
  const ran = spawnSync(process.execPath, ['--input-type=module', '-'], {
    input: built.outputFiles[0]?.text,
    timeout: 300_000,
  })
  return { code: ran.status, out: String(ran.stdout) }
}

const FOREVER = {
  'a loop': 'for (;;);',
  'a loop behind a promise': 'await null; for (;;);',
  'a regular expression that takes ages': "/^(a+)+$/.test('a'.repeat(60) + 'b')",
}

test.each(Object.entries(FOREVER))('%s is interrupted, with its place', (_, forever) => {
  const { code, out } = guarded(`
    openWatchdog({ firstMs: 400, interrupted: new AbortController().signal, onStall: (ms, stack) => {
      say(ms >= 400 ? 'in time' : String(ms))
      say(/\\bhog\\b/.test(stack) ? 'in hog' : stack)
      process.exit(7)
    } })
    async function hog() { ${forever} }
    setTimeout(hog, 50)`)
  expect(out).toBe('in time\nin hog\n')
  expect(code).toBe(7)
})

test('is asked again after the time that it returned', () => {
  const { out } = guarded(`
    let asked = 0
    openWatchdog({ firstMs: 400, interrupted: new AbortController().signal, onStall: (ms) => {
      if (++asked === 2) { say(ms >= 1000 ? 'later' : String(ms)); process.exit(0) }
      return 1000
    } })
    for (;;);`)
  expect(out).toBe('later\n')
})

test('a run that yields is not interrupted, and its process ends by itself', () => {
  const { code, out } = guarded(`
    const watchdog = openWatchdog({ firstMs: 400, interrupted: new AbortController().signal, onStall: () => { say('stalled'); return Infinity } })
    setTimeout(() => { watchdog.close(); say('done') }, 900)`)
  expect({ code, out }).toEqual({ code: 0, out: 'done\n' })
})
