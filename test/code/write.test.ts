import { expect, test } from 'vitest'
import { createdRequires } from '../../src/code/created.ts'
import { commonJsExports, importedNames } from '../../src/code/names.ts'
import { prepend, rewriteImports } from '../../src/code/rewrite.ts'

test('imports of all forms are changed in their lines, and text that looks like one is not', () => {
  const text = [
    `import z, { a as b } from "zod";`,
    `export * from "zod";`,
    `const later = () => import("zod");`,
    `const text = 'import x from "zod"';`,
    `import data from "./data.json";`,
    `console.log(import.meta.url, import(name));`,
  ].join('\n')
  const changed = rewriteImports(text, {
    writtenFor: (name, hasType) => ({ specifier: `./${name}`, asJson: name.endsWith('.json') && !hasType }),
    computed: new Map([['./a', './a.mjs']]),
    meta: 'meta()',
  })
  expect(changed.split('\n')).toEqual([
    `import z, { a as b } from "./zod";`,
    `export * from "./zod";`,
    `const later = () => import("./zod");`,
    `const text = 'import x from "zod"';`,
    `import data from "././data.json" with { type: "json" };`,
    `console.log(meta().url, import(((attakFiles,attakName)=>attakFiles[attakName]??attakName)({"./a":"./a.mjs"},name)));`,
  ])
})

test('a statement is inserted after a hashbang and directives, which keep their effect', () => {
  expect(prepend('#!/usr/bin/env node\n"use strict";\nx()', 'a();')).toBe('#!/usr/bin/env node\n"use strict";a();\nx()')
  expect(prepend('x()', 'a();')).toBe('a();x()')
})

test('the names that a module imports are found, also those read of a whole module', () => {
  const names = (text: string) => [...importedNames(text)].map(([from, all]) => [from, [...all]])
  expect(names('import z, { a as b, c } from "m";\nexport { d } from "n";\nimport "o";')).toEqual([
    ['m', ['default', 'a', 'c']],
    ['n', ['d']],
    ['o', []],
  ])
  expect(names('import * as m from "m";\nm.one(m.two, am.x)')).toEqual([['m', ['one', 'two']]])
  expect(names('import * as m from "m";\nm[name]')).toEqual([['m', ['*']]])
  expect(names('export * from "m";\nimport("n")')).toEqual([
    ['m', ['*']],
    ['n', ['*']],
  ])
})

test('literal calls of a created require are found', () => {
  const source = `import { createRequire as make } from 'node:module'
    const load = make(import.meta.url)
    load('one'); make(new URL('.', import.meta.url))('two'); load.resolve('three'); load(name); other.load('four')`
  expect(createdRequires(source, { resolved: true })).toEqual(['one', 'two', 'three'])
  expect(createdRequires(source, { resolved: false })).toEqual(['one', 'two'])
  expect(createdRequires(`require('one')`, { resolved: true })).toEqual([])
})

test('the names of CommonJS are those that Node finds', () => {
  expect(commonJsExports('exports.a = 1; module.exports = { ...require("./b") }')).toEqual({
    exports: ['a'],
    reexports: ['./b'],
  })
})
