import { describe, expect, test } from 'vitest'
import { attak } from '../fake-host.ts'
import { folderOf, HELLO } from '../folder.ts'

/** What check prints about these files; always exit 1 and nothing on stderr. */
async function complaint(files: Readonly<Record<string, unknown>>): Promise<string> {
  const { code, out, err } = await attak(folderOf(files), ['check'])
  expect({ code, err }).toEqual({ code: 1, err: '' })
  return `\n${out}`
}

/** The same for a topology in JSON, with a module for each of its processors that is named by its own name. */
function complaintOf(topology: Record<string, unknown>): Promise<string> {
  return complaint({ 'topology.json': topology, 'a.mjs': HANDLER, 'b.mjs': HANDLER })
}

const HANDLER = 'export function handler() {}\n'
const PROCESSORS = { a: './a', b: './b' }

describe('check', () => {
  test('prints that a topology is fine, and its size', async () => {
    expect(await attak(folderOf(HELLO), ['check'])).toEqual({
      code: 0,
      out: '✓ hello is fine: 2 processors, 1 stream (topology.js)\n',
      err: '',
    })
  })

  test('reports imports that cannot be followed when deployed', async () => {
    const code = 'exports.handler = (name) => require(name)\n'
    const files = { 'topology.json': { name: 't', processors: { a: './a.cjs' } }, 'a.cjs': code }
    expect(await complaint(files)).toContain('[BUNDLE_FAILED] processors.a: a.cjs:1:29: require(name) names a module')
  })

  test('reports packages and files that are missing in artifacts', async () => {
    const processors = { a: { path: './a', external: ['absent'], include: ['none/*.txt'] } }
    expect(await complaintOf({ name: 't', processors })).toMatch(
      /\[EXTERNAL_REFUSED\] processors\.a: .*\n.*npm install absent[\s\S]*\[INCLUDE_REFUSED\] processors\.a: .*none\/\*\.txt/,
    )
  })

  test('a warning is printed and does not fail', async () => {
    const topology = { name: 't', processors: { ...PROCESSORS, c: './a' }, streams: [['a', 'b']] }
    const files = { 'topology.json': topology, 'a.mjs': HANDLER, 'b.mjs': HANDLER }
    expect(await attak(folderOf(files), ['check'])).toMatchInlineSnapshot(`
      {
        "code": 0,
        "err": "",
        "out": "warning [TOPOLOGY_UNUSED_PROCESSOR] processors.c: no stream leads to it or from it: it receives only inputs, and all its emits are outputs.
          Add a stream, or remove it if it is not needed.

      ✓ t is fine: 3 processors, 1 stream, 1 warning (topology.json)
      ",
      }
    `)
  })

  test('an input that names no processor is a problem, in the topology and in input.json', async () => {
    expect(await complaintOf({ name: 't', processors: PROCESSORS, input: { a: 1, bb: 2 } })).toBe(`
[INPUT_INVALID] the topology's input: no processor is named "bb".
    There are a, b.

1 error
`)
    const files = { 'topology.json': { name: 't', processors: PROCESSORS }, 'a.mjs': HANDLER, 'b.mjs': HANDLER }
    expect(await complaint({ ...files, 'input.json': '{ "a": 1,\n}' })).toContain(
      '[INPUT_INVALID] input.json:2:1: not JSON',
    )
    const { out } = await attak(folderOf({ ...files, 'input.json': { c: 1 } }), ['check', '--json'])
    expect(JSON.parse(out)).toMatchObject({ ok: false, problems: [{ code: 'INPUT_INVALID', where: 'input.json' }] })
  })

  test('an input that is a function is not called', async () => {
    const topology = `export default { name: 't', processors: { a() {} }, input() { throw new Error('called') } }`
    expect((await attak(folderOf({ 'topology.mjs': topology }), ['check'])).code).toBe(0)
  })

  test('--json prints one object, with and without problems', async () => {
    const good = await attak(folderOf(HELLO), ['check', '--json'])
    expect(JSON.parse(good.out)).toEqual({
      ...{ ok: true, topology: 'hello', file: 'topology.js', processors: 2, streams: 1, problems: [] },
    })
    const bad = await attak(
      folderOf({ 'topology.json': { processors: PROCESSORS }, 'a.mjs': HANDLER, 'b.mjs': HANDLER }),
      ['check', '--json'],
    )
    expect(bad.code).toBe(1)
    expect(JSON.parse(bad.out)).toMatchObject({ ok: false, problems: [{ severity: 'error' }] })
  })

  test('takes the path of a file or a folder', async () => {
    const folder = folderOf({
      'deep/topology.json': { name: 't', processors: PROCESSORS },
      'deep/a.mjs': HANDLER,
      'deep/b.mjs': HANDLER,
    })
    const fine = '✓ t is fine: 2 processors, 0 streams (deep/topology.json)\n'
    expect((await attak(folder, ['check', 'deep'])).out).toBe(fine)
    expect((await attak(folder, ['check', 'deep/topology.json'])).out).toBe(fine)
  })
})

describe('bad input is printed', () => {
  test('a missing and an empty name', async () => {
    expect(await complaintOf({ processors: PROCESSORS })).toMatchInlineSnapshot(`
      "
      [TOPOLOGY_INVALID] name: the topology has no name (topology.json).
          Add name: 'my-topology'.

      1 error
      "
    `)
    expect(await complaintOf({ name: '', processors: PROCESSORS })).toMatchInlineSnapshot(`
      "
      [TOPOLOGY_INVALID] name: the topology's name is empty (topology.json).
          Write name: 'my-topology'.

      1 error
      "
    `)
  })

  test('unknown processors in a stream, with suggestions, and a duplicate stream: all at once', async () => {
    const streams = [
      ['alpha', 'beta'],
      ['alpha', 'betta'],
      ['alpha', 'beta'],
    ]
    const topology = { name: 't', processors: { alpha: './a', beta: './b' }, streams }
    expect(await complaintOf(topology)).toMatchInlineSnapshot(`
      "
      [TOPOLOGY_UNKNOWN_PROCESSOR] stream "alpha → betta": no processor named "betta" (topology.json).
          Did you mean "beta"? Rename the target, or add processors.betta.
      [TOPOLOGY_DUPLICATE_STREAM] stream "alpha → beta": "beta" would receive everything from "alpha" twice (topology.json).
          Remove one of the two streams, or give them topics that differ.

      2 errors
      "
    `)
  })

  test('a processor path that does not exist', async () => {
    expect(await complaintOf({ name: 't', processors: { ...PROCESSORS, c: './aa' } })).toMatchInlineSnapshot(`
      "
      [PROCESSOR_NOT_FOUND] processors.c: there is no module "./aa", with or without the ending of a JavaScript or TypeScript file.
          Create that file, or correct the path; it is relative to the topology's file.

      1 error
      "
    `)
  })

  test('a processor without handler', async () => {
    const files = {
      'topology.json': { name: 't', processors: { a: './a' } },
      'a.mjs': 'export const handel = () => {}\n',
    }
    expect(await complaint(files)).toMatchInlineSnapshot(`
      "
      [PROCESSOR_NO_HANDLER] processors.a: a.mjs exports no handler; it exports "handel".
          Export a function named "handler", or a function as default.

      1 error
      "
    `)
  })

  test('streams that are not a list', async () => {
    expect(await complaintOf({ name: 't', processors: PROCESSORS, streams: { a: 'b' } })).toMatchInlineSnapshot(`
      "
      [TOPOLOGY_INVALID] streams: streams must be a list; got {"a":"b"} (topology.json).
          Give a list, or a function that returns one. Write [from, to], [from, to, topic], or { from, to, topic or topics }.

      1 error
      "
    `)
  })

  test('settings of a wrong type, out of range and unknown', async () => {
    const a = { path: './a', retries: -1, timeout: 'soon', retrys: 3 }
    expect(await complaintOf({ name: 't', processors: { a } })).toMatchInlineSnapshot(`
      "
      [TOPOLOGY_UNKNOWN_SETTING] processors.a.retrys: a processor has no setting "retrys" (topology.json).
          Did you mean "retries"?
      [TOPOLOGY_INVALID] processors.a.retries: retries must be a whole number from 0 to 1000; got -1 (topology.json).
          Set retries to a whole number from 0 to 1000, or leave it out.
      [TOPOLOGY_INVALID] processors.a.timeout: timeout must be a number of seconds above 0, up to 900; got "soon" (topology.json).
          Set timeout to a number of seconds above 0, up to 900, or leave it out.

      3 errors
      "
    `)
  })

  test('a folder without modules', async () => {
    const files = { 'topology.json': { name: 't', processors: './empty' }, 'empty/README.md': '' }
    expect(await complaint(files)).toMatchInlineSnapshot(`
      "
      [TOPOLOGY_EMPTY_FOLDER] processors: the folder "./empty" has no modules (topology.json).
          Put one module per processor in it.

      1 error
      "
    `)
  })

  test('a main that is missing', async () => {
    expect(await complaint({ 'package.json': { main: 'topologie.js' } })).toMatchInlineSnapshot(`
      "
      [TOPOLOGY_NOT_FOUND] package.json: "main" names "topologie.js", which does not exist.
          Create topologie.js, or make "main" the path of the topology.

      1 error
      "
    `)
  })

  test('no topology at all', async () => {
    expect((await complaint({})).replace(/^\n\[(\w+)] .*: no/, '\n[$1] DIR: no')).toMatchInlineSnapshot(`
      "
      [TOPOLOGY_NOT_FOUND] DIR: no "main" in a package.json, no topology.{ts,mts,js,mjs,cjs,json}, no index.{ts,mts,js,mjs,cjs,json}.
          Create a new project with \`attak init my-project\`, or give the path of a topology.

      1 error
      "
    `)
  })

  test('a topology that is not JSON', async () => {
    expect(await complaint({ 'topology.json': '{\n  "name": "t",\n}\n' })).toMatchInlineSnapshot(`
      "
      [TOPOLOGY_LOAD_FAILED] topology.json:3:1: not JSON: expected a property name in double quotes, found "}".
          │ }
          │ ^
          Correct it there.

      1 error
      "
    `)
  })
})
