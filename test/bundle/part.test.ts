import { expect, test } from 'vitest'
import { partPackages } from '../../src/bundle/part.ts'

const part = (text: string) =>
  partPackages(text, ['/zod.js', '/sdk.js', '/attak.js'], (file) =>
    file === '/attak.js' ? './attak.mjs' : './packages.mjs',
  )

test('names, defaults and imports for their effects come from the file beside, on the lines where they stood', () => {
  const text = [
    'import z, { one as uno, two } from "attak-apart:0";',
    'import {',
    '  send',
    '} from "attak-apart:1";',
    'import "attak-apart:0";',
    'send(z, uno, two)',
  ].join('\n')
  expect(part(text)).toEqual({
    text: [
      'import { p0_default as z, p0_one as uno, p0_two as two } from "./packages.mjs";',
      'import { p1_send as send } from "./packages.mjs";',
      '',
      '',
      'import "./packages.mjs";',
      'send(z, uno, two)',
    ].join('\n'),
    beside: new Map([
      [
        './packages.mjs',
        'export { default as p0_default, one as p0_one, two as p0_two } from "/zod.js"\nexport { send as p1_send } from "/sdk.js"',
      ],
    ]),
  })
})

test('each comes from the file that holds it', () => {
  const { text, beside } = part('import { z } from "attak-apart:0";\nimport { run } from "attak-apart:2";\nrun(z)')!
  expect(text).toContain('import { p1_run as run } from "./attak.mjs";')
  expect([...beside]).toEqual([
    ['./packages.mjs', 'export { z as p0_z } from "/zod.js"'],
    ['./attak.mjs', 'export { run as p1_run } from "/attak.js"'],
  ])
})

test('of a whole module only what is read by name is kept, unless more is done with it', () => {
  expect(
    part('import * as z from "attak-apart:0";\nz.object(z.string(), az.b, c.z)')!.beside.get('./packages.mjs'),
  ).toBe(
    'import * as p0_all from "/zod.js"\nexport const p0 = { __proto__: null, get object() { return p0_all.object }, get string() { return p0_all.string } }',
  )
  expect(part('import * as z from "attak-apart:0";\nz.object(z[name])')!.beside.get('./packages.mjs')).toBe(
    'export * as p0 from "/zod.js"',
  )
})

test('what only a bundler follows is left to it', () => {
  expect(part('const z = __require("attak-apart:0");')).toBeUndefined()
  expect(part('const z = await import("attak-apart:0");')).toBeUndefined()
  expect(part('import { "a b" as c } from "attak-apart:0";')).toBeUndefined()
})
