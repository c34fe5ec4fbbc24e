import { Console } from 'node:console'
import { Writable } from 'node:stream'
import type { LogLevel } from './invocation.ts'

const LEVELS = {
  log: 'info',
  info: 'info',
  debug: 'debug',
  warn: 'warn',
  error: 'error',
  trace: 'error',
  dir: 'info',
  dirxml: 'info',
  table: 'info',
  assert: 'warn',
  count: 'info',
  countReset: 'warn',
  time: 'warn',
  timeLog: 'info',
  timeEnd: 'info',
  group: 'info',
  groupCollapsed: 'info',
  groupEnd: 'info',
} as const satisfies Partial<Record<keyof Console, LogLevel>>

type Method = keyof typeof LEVELS

/**
 * Gives what is written to `target` to `take` instead, while that says (by true) that it is a handler's; the rest goes
 * where it always goes. Returns what puts everything back.
 */
export function captureConsole(target: Console, take: (level: LogLevel, text: string) => boolean): () => void {
  let text = ''
  const stream = new Writable({
    decodeStrings: false,
    write(chunk: string, _encoding, done) {
      text += chunk
      done()
    },
  })
  const formatter = new Console({ stdout: stream, stderr: stream, colorMode: false })
  const originals = Object.keys(LEVELS).map((name) => [name as Method, target[name as Method]] as const)
  for (const [name, original] of originals) {
    target[name] = (...args: unknown[]) => {
      text = ''
      ;(formatter[name] as (...args: unknown[]) => void)(...args)
      const line = text.endsWith('\n') ? text.slice(0, -1) : text
      if (text !== '' && !take(LEVELS[name], line)) (original as (...args: unknown[]) => void).apply(target, args)
    }
  }
  return () => {
    for (const [name, original] of originals) target[name] = original as never
  }
}
