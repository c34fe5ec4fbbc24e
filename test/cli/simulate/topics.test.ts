import { describe, expect, it } from 'vitest'
import { attak } from '../fake-host.ts'
import { folderOf } from '../folder.ts'

/** Runs `a`, which emits these topics, and `b` and `c`, which receive. */
function run(emitted: readonly string[], streams: string, argv: readonly string[] = []) {
  const topology = `export default {
    name: 't',
    processors: {
      a: (event, context) => { for (const topic of ${JSON.stringify(emitted)}) context.emit(topic) },
      b: () => {},
      c: () => {},
    },
    streams: ${streams},
    input: { a: 1 },
  }`
  return attak(folderOf({ 'topology.mjs': topology }), ['simulate', ...argv])
}

describe('a topic that is spelled almost like that of a stream', () => {
  it('is named at the end of the run', async () => {
    const { code, out } = await run(['wrd', 'other'], `[['a', 'b', 'word']]`)
    expect(code).toBe(0)
    expect(out).toContain(
      'Stream a → b (word) carried nothing; a emitted wrd, which nobody subscribes to. Did you mean word?\n',
    )
  })

  it('is named for all streams that wait for the topic at once', async () => {
    const { out } = await run(['wrd'], `[['a', 'b', 'word'], { from: 'a', to: 'c', topics: ['word', 'other'] }]`)
    expect(out).toContain('Streams a → b, a → c (word) carried nothing; a emitted wrd')
  })

  it('is named on stderr if stdout is JSON, and with --quiet', async () => {
    const { out, err } = await run(['wrd'], `[['a', 'b', 'word']]`, ['--json'])
    expect(out).not.toContain('Did you mean')
    expect(err).toContain('Did you mean word?')
    expect((await run(['wrd'], `[['a', 'b', 'word']]`, ['--quiet'])).out).toContain('Did you mean word?')
  })
})

it.each([
  ['the stream carried the topic too', ['wrd', 'word'], `[['a', 'b', 'word']]`],
  ['another processor receives it', ['wrd'], `[['a', 'b', 'word'], ['a', 'c', 'wrd']]`],
  ['the two are not similar', ['ok'], `[['a', 'b', 'failed']]`],
  ['nothing was emitted', [], `[['a', 'b', 'word']]`],
  ['the stream takes every topic', ['wrd'], `[['a', 'b']]`],
])('no topic is named if %s', async (_, emitted, streams) => {
  expect((await run(emitted, streams)).out).not.toContain('carried nothing')
})
