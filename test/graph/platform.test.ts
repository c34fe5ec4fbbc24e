import { expect, test } from 'vitest'
import { undeclaredProblem } from '../../src/graph/platform.ts'

test.each(['A\nB', 'A\r\nB', "it's", ''])('the variable %j is written as code writes it', (name) => {
  const { what, remedy } = undeclaredProblem(name, 'a.ts:1:1', ['a'])
  expect(what).toBe(
    `reads the variable ${JSON.stringify(name)}, which the environment of "a" does not declare, so it is undefined when deployed`,
  )
  expect(remedy).toBe(`Declare it at the processor or the topology: environment: [${JSON.stringify(name)}].`)
})

test('a variable whose name is a word is written plainly', () => {
  const { what, remedy } = undeclaredProblem('TOKEN', 'a.ts:1:1', [])
  expect([what, remedy]).toEqual([
    'reads the variable TOKEN, which environment does not declare, so it is undefined when deployed',
    "Declare it at the processor or the topology: environment: ['TOKEN'].",
  ])
})
