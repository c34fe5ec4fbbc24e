import { AttakError, createTestDriver } from 'attak/testing'
import { describe, expect, it } from 'vitest'
import { drive, words } from './drive.ts'

const problemsOf = async (promise: Promise<unknown>) => {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(AttakError)
  return (error as AttakError).problems.map(({ where, what, remedy }) => `${where}: ${what}. ${remedy}`)
}

describe('a test driver refuses', () => {
  it('a bad topology, and bad replacements, with all problems', async () => {
    const bad = { name: '', processors: { a: 1 }, streams: [['a', 'c']] }
    expect(await problemsOf(createTestDriver(bad as never))).toHaveLength(3)
    const replace = { revers: () => {}, spout: 1 as never }
    expect(await problemsOf(createTestDriver(words, { replace }))).toEqual([
      'replace.revers: no processor is named "revers". Did you mean "reverse"?',
      'replace.spout: must be a function; got number. Give a handler: (event, context) => …',
    ])
  })

  it.each([{ a: './a', b: () => {} }, './processors'])(
    'paths in a topology that is passed as a value: %j',
    async (processors) => {
      const [problem] = await problemsOf(createTestDriver({ name: 't', processors }))
      expect(problem).toContain('is a path, but a topology that is passed as a value')
    },
  )

  it('an event to an unknown processor, and one that JSON cannot carry', async () => {
    const driver = await drive(words)
    expect(await problemsOf(driver.send('reverze', 1))).toEqual([
      'the event: no processor is named "reverze". Did you mean "reverse"?',
    ])
    const events = [
      { to: 'spout', event: { n: 1n } },
      { to: 'spouts', event: 1 },
    ]
    expect(await problemsOf(driver.sendAll(events))).toEqual([
      'events[0]: data.n is a BigInt. Send what JSON can carry.',
      'events[1]: no processor is named "spouts". Did you mean "spout"?',
    ])
    expect(driver.attempts).toEqual([])
  })

  it('unknown options and wrong values, with all problems', async () => {
    const options = { replce: {}, toString: 1, stage: 'a b', seed: 1, built: 'yes', replace: [] }
    expect(await problemsOf(createTestDriver(words, options as never))).toEqual([
      'options.replce: a test driver has no such option. Did you mean "replace"?',
      'options.toString: a test driver has no such option. The options are seed, stage, built, replace.',
      expect.stringMatching(/^options\.stage: must be 1 to 40 letters.*; got "a b"\. Correct it\.$/),
      'options.seed: must be a string; got 1. Correct it.',
      'options.built: must be true or false; got "yes". Correct it.',
      'options.replace: must be an object: { processor: handler }; got an array. Correct it.',
    ])
    expect(await problemsOf(createTestDriver(words, null as never))).toEqual([
      'options: must be an object; got null. Correct it.',
    ])
    await drive(words, { stage: undefined, seed: undefined } as never)
  })

  it('events that are not an array, and a time that is not a number', async () => {
    const driver = await drive(words)
    for (const [events, got] of [
      ['x', '"x"'],
      [{ to: 'spout' }, 'an object'],
      [undefined, 'undefined'],
    ] as const) {
      expect(await problemsOf(driver.sendAll(events as never))).toEqual([
        `the events: must be an array of events; got ${got}. Write [{ to: 'processor', event: … }].`,
      ])
    }
    await expect(driver.advance('1000' as never)).rejects.toThrow('got "1000"')
  })

  it('a look at an unknown processor, and time that runs backwards', async () => {
    const driver = await drive(words)
    expect(() => driver.processor('revers')).toThrow('no processor is named "revers"')
    await expect(driver.advance(-1)).rejects.toThrow(RangeError)
  })
})
