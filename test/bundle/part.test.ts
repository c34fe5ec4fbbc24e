import { expect, test } from 'vitest'
import { partPackages } from '../../src/bundle/part.ts'

const part = (text: string) => partPackages(text, ['/zod.js', '/sdk.js'], './packages.mjs')

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
    packages:
      'export { default as p0_default, one as p0_one, two as p0_two } from "/zod.js"\nexport { send as p1_send } from "/sdk.js"',
  })
})

test('of a whole module only what is read by name is kept, unless more is done with it', () => {
  expect(part('import * as z from "attak-apart:0";\nz.object(z.string(), az.b, c.z)')!.packages).toBe(
    'import * as p0_all from "/zod.js"\nexport const p0 = { __proto__: null, get object() { return p0_all.object }, get string() { return p0_all.string } }',
  )
  expect(part('import * as z from "attak-apart:0";\nz.object(z[name])')!.packages).toBe('export * as p0 from "/zod.js"')
})

test('what only a bundler follows is left to it', () => {
  expect(part('const z = __require("attak-apart:0");')).toBeUndefined()
  expect(part('const z = await import("attak-apart:0");')).toBeUndefined()
  expect(part('import { "a b" as c } from "attak-apart:0";')).toBeUndefined()
})
