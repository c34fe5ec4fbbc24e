import { Console } from 'node:console'
import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { captureConsole } from '../../src/runtime/console.ts'

/** A console, what comes out of it, and what was taken from it while `writer` is somebody. */
function world(echo = false) {
  let out = ''
  const stream = new Writable({
    write(chunk, _encoding, done) {
      out += chunk
      done()
    },
  })
  const target = new Console({ stdout: stream, stderr: stream, colorMode: false })
  const taken: string[] = []
  const state: { writer: { readonly name: string } | undefined } = { writer: undefined }
  const capture = () =>
    captureConsole<{ readonly name: string }>(target, {
      writer: () => state.writer,
      take: ({ name }, level, text) => void taken.push(`${name} ${level} ${text}`),
      echo,
    })
  const writers = new Map(['a', 'b'].map((name) => [name, { name }]))
  const as = (name: 'a' | 'b' | undefined, write: (console: Console) => void) => {
    state.writer = name && writers.get(name)
    write(target)
    state.writer = undefined
  }
  return { target, taken, capture, as, out: () => out }
}

describe('H9: a captured console', () => {
  it('delivers formatted lines with their level to the handler that writes them', () => {
    const { capture, as, taken, out } = world()
    capture()
    as('a', (console) => {
      console.log('%s is %d', 'x', 1, { y: 2 })
      console.info('info')
      console.debug('debug')
      console.warn('warn')
      console.error(new RangeError('error').message)
      console.assert(false, 'not so')
      console.assert(true, 'so')
      console.dir({ deep: { er: 1 } })
    })
    expect(taken).toEqual([
      'a info x is 1 { y: 2 }',
      'a info info',
      'a debug debug',
      'a warn warn',
      'a error error',
      'a warn Assertion failed: not so',
      'a info { deep: { er: 1 } }',
    ])
    expect(out()).toBe('')
  })

  it('captures a table as one text', () => {
    const { capture, as, taken } = world()
    capture()
    as('a', (console) => console.table([{ n: 1 }]))
    expect(taken[0]?.split('\n')).toHaveLength(5)
    expect(taken[0]).toContain('│ (index) │ n │')
  })

  it('does not capture lines of no handler', () => {
    const { capture, as, taken, out } = world()
    capture()
    as(undefined, (console) => {
      console.log('%s', 'x')
      console.group('group')
      console.warn('in it')
      console.groupEnd()
      console.count()
      console.log('out of it')
    })
    expect(out()).toBe('x\ngroup\n  in it\ndefault: 1\nout of it\n')
    expect(taken).toEqual([])
  })

  it('indents groups only for their writer', () => {
    const { capture, as, taken, out } = world()
    capture()
    as('a', (console) => {
      console.group('a')
      console.log('1')
    })
    as('b', (console) => console.log('2'))
    as(undefined, (console) => console.log('3'))
    as('a', (console) => {
      console.log('4')
      console.groupEnd()
      console.log('5')
    })
    expect(taken).toEqual(['a info a', 'a info   1', 'b info 2', 'a info   4', 'a info 5'])
    expect(out()).toBe('3\n')
  })

  it('counts for all writers together, and measures time for each', () => {
    const { capture, as, taken } = world()
    capture()
    as('a', (console) => {
      console.time('t')
      console.count('n')
    })
    as('b', (console) => {
      console.time('t')
      console.count('n')
      console.timeEnd('t')
    })
    expect(taken.slice(0, 2)).toEqual(['a info n: 1', 'b info n: 2'])
    expect(taken[2]).toMatch(/^b info t: [\d.]+/)
  })

  it('also prints captured lines on request', () => {
    const { capture, as, taken, out } = world(true)
    capture()
    as('a', (console) => console.log('%s', 'x'))
    expect([taken, out()]).toEqual([['a info x'], 'x\n'])
  })

  it('is restored when the last capture ends, in any order', () => {
    const { target, capture, as, taken, out } = world()
    const { log } = target
    const [first, second] = [capture(), capture()]
    expect(target.log).not.toBe(log)
    first()
    as('a', (console) => console.log('still taken'))
    second()
    expect(target.log).toBe(log)
    as('a', (console) => console.log('no more'))
    expect([taken, out()]).toEqual([['a info still taken'], 'no more\n'])
  })
})
