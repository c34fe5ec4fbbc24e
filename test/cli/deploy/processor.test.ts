import { expect, test } from 'vitest'
import { knownProcessor } from '../../../src/cli/deploy/processor.ts'
import { graphOf } from '../../clouds/aws/graphs.ts'

const graph = graphOf({ name: 'shop', processors: { take: () => {}, bill: () => {} } })

test('a name that no processor has is refused, with the nearest one, or all there are', () => {
  expect(() => knownProcessor('bill', graph)).not.toThrow()
  expect(() => knownProcessor('bil', graph)).toThrow('--processor: no processor is named "bil"')
  const refusalOf = (name: string) => {
    try {
      knownProcessor(name, graph)
    } catch (error) {
      return error
    }
  }
  expect(refusalOf('bil')).toMatchObject({ code: 'TOPOLOGY_UNKNOWN_PROCESSOR', remedy: 'Did you mean "bill"?' })
  expect(refusalOf('zzz')).toMatchObject({ remedy: 'There are take, bill.' })
})
