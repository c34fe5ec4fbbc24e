import { expect, test } from 'vitest'
import { variablesIn } from '../../src/code/variables.ts'

const read = (text: string) => [...variablesIn(text).read.keys()].sort()

test.each([
  ['process.env.A', ['A']],
  [`process.env['A'] ?? process.env[\`B\`]`, ['A', 'B']],
  ['const { A, B: b = 1, ["C"]: c } = process.env', ['A', 'B']],
  ['const env = process.env; const f = () => env.A', ['A']],
  ['const { env } = process; env.A', ['A']],
  [`import { env as all } from 'node:process'; all.A`, ['A']],
  [`import own from 'process'; own.env.A`, ['A']],
  [`import * as own from 'process'; own.env.A`, ['A']],
  [`const own = require('process'); own.env.A`, ['A']],
  ['globalThis.process.env.A', ['A']],
  ['process?.env?.A', ['A']],
  ['process.env.A ??= "a"', ['A']],
  ['({ A: x } = process.env)', ['A']],
])('a literal name in code is found: %s', (text, names) => {
  expect(read(text)).toEqual(names)
})

test('computed names, writes, removals, tests and other objects are not reads', () => {
  const text = `process.env[name]; process.env.SET = '1'; delete process.env.GONE; 'ASKED' in process.env
    Object.keys(process.env); const all = { ...process.env }; all.COPIED; other.env.OTHER; // process.env.COMMENT`
  expect(read(text)).toEqual([])
  expect([...variablesIn(text).set]).toEqual(['SET', 'GONE'])
})
