import { expect, test } from 'vitest'
import { drawValue } from '../../src/view/value.ts'

test('a value is drawn as JSON on one line, cut to the width, and undefined as nothing', () => {
  expect(drawValue({ a: [1, 'é'] }, 80)).toEqual({ text: '{"a":[1,"é"]}', cut: false })
  expect(drawValue({ a: 'bcdef' }, 8)).toEqual({ text: '{"a":"b…', cut: true })
  expect(drawValue(undefined, 80)).toEqual({ text: '', cut: false })
})
