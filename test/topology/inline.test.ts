import { expect, it } from 'vitest'
import * as z from 'zod'
import { parseTopology } from '../../src/project/parse.ts'
import { findProcessor } from '../../src/topology/inline.ts'

const schema = z.string()
const handler = () => {}
class Counter {
  handler() {}
}
const counter = new Counter()
const processors = { plain: handler, literal: { handler, input: schema, retries: 2 }, counter, file: './file' }

it.each([
  ['a map', { processors }],
  ['a Map', { processors: new Map(Object.entries(processors)) }],
  ['a function', { processors: () => processors }],
  ['a module', { default: { name: 't', processors }, __esModule: true }],
  ['named exports', Object.defineProperty({ name: 't', processors }, '__esModule', { value: true })],
])('finds the same as parsing, in %s', (_, spelling) => {
  const exported = { name: 't', ...spelling }
  const { topology } = parseTopology(exported, { file: 't', modulesIn: () => undefined })
  for (const { name, source, input } of topology!.processors) {
    expect(findProcessor(exported, name)).toEqual({ source, ...(input && { input }) })
  }
})

it('asks a processor factory only for the processor that is wanted', () => {
  const asked: string[] = []
  const processor = (name: string) => {
    asked.push(name)
    return handler
  }
  const exported = { name: 't', processor, streams: [['a', 'b']] }
  expect(findProcessor(exported, 'b').source).toEqual({ kind: 'inline', handler })
  expect(asked).toEqual(['b'])
})

it('finds processors of a list by their names', () => {
  function bill() {}
  expect(findProcessor({ name: 't', processors: [bill, () => {}] }, 'bill').source).toMatchObject({ handler: bill })
  expect(findProcessor({ name: 't', processors: [bill, () => {}] }, '1').source).toMatchObject({ kind: 'inline' })
})

it('does not read the rest of a topology', () => {
  const streams = () => {
    throw new Error('read')
  }
  expect(findProcessor({ name: 't', processors, streams, retries: 'many' }, 'plain').source).toMatchObject({ handler })
})

it('reports why a processor is not found', () => {
  expect(() => findProcessor({ name: 't', processors }, 'none')).toThrow('the topology has no processor "none"')
  const broken = () => {
    throw new Error('no luck')
  }
  expect(() => findProcessor({ name: 't', processors: broken }, 'a')).toThrow('failed: no luck')
  expect(() => findProcessor({ name: 't', processors: { a: { handler: 3 } } }, 'a')).toThrow('must be a function')
})
