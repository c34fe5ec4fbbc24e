import { expect, test } from 'vitest'
import { CODE, declarePlaces, PLACE_NAMES } from '../../src/sources/places.ts'

const places = () => ({ url: '"file:///a/b.js"', filename: '"/a/b.js"', dirname: '"/a"' })

test('a module that says nothing of its place stays as it is', () => {
  expect(declarePlaces('export const a = 1\n', places)).toBe('export const a = 1\n')
})

test('places are declared on the first line of code, behind a hashbang', () => {
  const code = declarePlaces('#!/usr/bin/env node\nread(__dirname)\n', places)
  expect(code.split('\n')).toEqual(['#!/usr/bin/env node', expect.stringMatching(/^const .*;read\(__dirname\)$/), ''])
})

test('each way to say a place has a constant of its own, which tells it', () => {
  const code = declarePlaces('0; // import.meta', places)
  for (const [expression, name] of Object.entries(PLACE_NAMES)) {
    const told = /url/.test(expression) ? 'file:///a/b.js' : /file/.test(expression) ? '/a/b.js' : '/a'
    expect(new Function(`${code}\nreturn ${name}`)()).toBe(told)
  }
})

test('code is what any spelling of JavaScript and TypeScript ends in', () => {
  expect(['a.ts', 'a.cjs', 'a.mts', 'a.jsx', 'a.tsx'].filter((file) => !CODE.test(file))).toEqual([])
  expect(['a.json', 'a.css', 'ts'].filter((file) => CODE.test(file))).toEqual([])
})
