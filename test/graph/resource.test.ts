import fc from 'fast-check'
import { expect, it } from 'vitest'
import { canonicalJson, differingSettings, fingerprint, type JsonObject } from '../../src/graph/resource.ts'
import { resourceOf } from '../contract/resources.ts'

const functionOf = (config: JsonObject) => resourceOf('function/a', { config })
const settingName = fc.stringMatching(/^[A-Za-z][A-Za-z0-9]{0,24}$/)
const configs = fc.dictionary(settingName, fc.jsonValue() as fc.Arbitrary<JsonObject[string]>, { maxKeys: 20 })

it('a fingerprint', () => {
  expect(fingerprint(functionOf({ memory: 256, code: 'abc' }))).toMatchInlineSnapshot(
    `"72fa6c9a670b35d6 code:6cc43f85 memory:51e8ea28"`,
  )
})

it('shows which settings differ', () => {
  const live = fingerprint(functionOf({ memory: 256, code: 'abc', timeout: 30 }))
  expect(differingSettings(functionOf({ memory: 512, code: 'abc', layers: [] }), live)).toEqual([
    'layers',
    'memory',
    'timeout',
  ])
})

it('does not depend on the order of settings, nor on those that are undefined', () => {
  const one = functionOf({ a: 1, b: { c: 2, d: [3] } })
  const other = functionOf({ b: { d: [3], c: 2 }, e: undefined, a: 1 })
  expect(fingerprint(one)).toBe(fingerprint(other))
})

it('depends on kind and settings, not on the name', () => {
  const one = resourceOf('queue/a', { config: { a: 1 } })
  expect(fingerprint({ ...one, name: 'other' })).toBe(fingerprint(one))
  expect(fingerprint({ ...one, kind: 'stream' })).not.toBe(fingerprint(one))
})

it('refuses settings that cannot stand in a tag, and more than 20 of them', () => {
  expect(() => fingerprint(functionOf({ 'a:b': 1 }))).toThrow('"a:b"')
  const many = Object.fromEntries(Array.from({ length: 21 }, (_, index) => [`setting${index}`, index]))
  expect(() => fingerprint(functionOf(many))).toThrow('21 settings')
})

it('fits a tag, with any names of settings', () => {
  fc.assert(
    fc.property(configs, (config) => {
      expect(fingerprint(functionOf(config))).toMatch(/^[a-zA-Z0-9 +=._:/@-]{16,256}$/)
    }),
  )
})

it('differs by exactly the changed settings, even if it was shortened', () => {
  fc.assert(
    fc.property(configs, configs, (from, to) => {
      const names = [...new Set([...Object.keys(from), ...Object.keys(to)])]
      const differ = names.filter(
        (name) => canonicalJson(from[name]) !== canonicalJson(to[name]) || name in from !== name in to,
      )
      const short = (name: string) => (name.length <= 6 ? name : name.slice(0, 3) + name.slice(-3))
      fc.pre(new Set(names.map(short)).size === names.length)
      const told = differingSettings(functionOf(to), fingerprint(functionOf(from)))
      expect(told.map(short).sort()).toEqual(differ.map(short).sort())
    }),
  )
})
