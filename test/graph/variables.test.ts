import { expect, test } from 'vitest'
import { conflictProblems, sharedVariables, variablesOf } from '../../src/graph/variables.ts'
import { graphOf } from '../contract/graph.ts'

const handler = () => {}
const graph = (processors: object) => graphOf({ name: 'variables', processors })

test('a processor has its set values, and those of the environment that exist', () => {
  const [a] = graph({ a: { handler, environment: { GIVEN: 'x', TAKEN: true, MISSING: true } } }).processors
  expect(variablesOf(a!, { TAKEN: 'y', GIVEN: 'other', MORE: 'z' })).toEqual({ GIVEN: 'x', TAKEN: 'y' })
})

test('processors in one process read the first of different values, with a warning', () => {
  const processors = {
    a: { handler, environment: { LEVEL: 'one', SAME: 's' } },
    b: { handler, environment: { LEVEL: 'two', SAME: 's' } },
    c: { handler, environment: ['LEVEL', 'SAME'] },
    d: { handler },
  }
  expect(sharedVariables(graph(processors))).toEqual({ LEVEL: 'one', SAME: 's' })
  const told = conflictProblems(graph(processors), { LEVEL: 'three', SAME: 's' })
  expect(told.map(({ code, severity, where, what }) => [code, severity, where, what])).toEqual([
    [
      'VARIABLE_SHARED',
      'warning',
      'processors.a, processors.b, processors.c',
      'environment has different values for LEVEL; here all processors run in one process and see the value of "a"',
    ],
  ])
})
