import { expect, test } from 'vitest'
import { attak } from '../fake-host.ts'
import { folderOf, HELLO } from '../folder.ts'

test('draws a topology as text', async () => {
  expect(await attak(folderOf(HELLO), ['graph'])).toMatchInlineSnapshot(`
    {
      "code": 0,
      "err": "",
      "out": "hello (dev): 2 processors, 1 stream

    spout
    ↓ text
    reverse
    ",
    }
  `)
})

test.each(['mermaid', 'dot'])('draws it as %s', async (format) => {
  const { code, out, err } = await attak(folderOf(HELLO), ['graph', '--format', format])
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(out).toContain('spout')
  expect(out).toContain('reverse')
})

test('--json is --format json', async () => {
  const folder = folderOf(HELLO)
  const { out } = await attak(folder, ['graph', '--json'])
  expect(JSON.parse(out)).toMatchObject({
    name: 'hello',
    streams: [{ from: 'spout', to: 'reverse', topics: ['text'] }],
  })
  expect((await attak(folder, ['graph', '-f', 'json'])).out).toBe(out)
})

test('refuses an unknown format, and two formats', async () => {
  expect(await attak('.', ['graph', '--format', 'svg'])).toMatchInlineSnapshot(`
    {
      "code": 2,
      "err": "[USAGE] attak graph: option '-f, --format <format>' argument 'svg' is invalid. Allowed choices are text, mermaid, dot, json. See attak graph --help.
    ",
      "out": "",
    }
  `)
  expect(await attak('.', ['graph', '--format', 'dot', '--json'])).toMatchInlineSnapshot(`
    {
      "code": 2,
      "err": "[USAGE] attak graph: --json and --format dot contradict each other. Give one of them.
    ",
      "out": "",
    }
  `)
})

test('reports all problems of a topology that cannot be drawn, and prints nothing else', async () => {
  const topology = { name: 't', processors: { a: './a' }, streams: [['a', 'b']] }
  expect(await attak(folderOf({ 'topology.json': topology }), ['graph'])).toMatchInlineSnapshot(`
    {
      "code": 1,
      "err": "[TOPOLOGY_UNKNOWN_PROCESSOR] stream "a → b": no processor named "b" (topology.json). Rename the target, or add processors.b.
    [PROCESSOR_NOT_FOUND] processors.a: there is no module "./a", with or without the ending of a JavaScript or TypeScript file. Create that file, or correct the path; it is relative to the topology's file.
    ",
      "out": "",
    }
  `)
})
