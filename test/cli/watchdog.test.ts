import { spawnSync } from 'node:child_process'
import { openSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { buildSync } from 'esbuild'
import { expect, test } from 'vitest'
import { folderOf } from './folder.ts'

/** Runs a program that opens a watchdog in its own process: what it guards against would stop this one. */
function guarded(program: string): { readonly code: number | null; readonly out: string } {
  const contents = `
    import { writeSync } from 'node:fs'
    import { openWatchdog } from './src/cli/watchdog.ts'
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

test.each([
  ['', 'processor "a"'],
  ['await null; ', "the project's code"],
])('a call that cannot be interrupted is reported while it blocks the thread: %s', (before, who) => {
  const cwd = folderOf({
    'topology.mjs': `import { execSync } from 'node:child_process'
    // Returns when it has been reported.
    const a = async () => { ${before}execSync('while ! grep -q blocked err; do sleep 0.1; done', { stdio: 'ignore' }) }
    export default { name: 't', processors: { a: { handler: a, timeout: 2 } }, input: { a: 1 } }`,
  })
  const err = join(cwd, 'err')
  const stdio = ['ignore', 'ignore', openSync(err, 'w')] as const
  const { status } = spawnSync(process.execPath, [resolve('bin/attak.js'), 'simulate'], { cwd, stdio: [...stdio] })
  expect(status).toBe(1)
  expect(readFileSync(err, 'utf8')).toMatch(
    new RegExp(`^${who} has blocked the thread for \\d+ s, in a call that cannot be interrupted`, 'm'),
  )
})
