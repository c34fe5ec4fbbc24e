import { expect, test } from 'vitest'
import { isOfPlatform } from '../../../src/clouds/aws/log-lines.ts'

test.each([
  'START RequestId: 4a Version: $LATEST',
  'END RequestId: 4a',
  'REPORT RequestId: 4a\tDuration: 3 ms',
  'INIT_START Runtime Version: nodejs:24.v1',
  '{"time":"2026-11-21T13:05:02Z","type":"platform.report","record":{}}',
])('Lambda wrote the line %s', (text) => {
  expect(isOfPlatform(text)).toBe(true)
})

test.each([
  '2026-11-21T13:05:02.123Z 4a Task timed out after 30.03 seconds',
  '{"attak":"log","text":"START RequestId: 4a"}',
  '{"broken',
  'null',
])('Lambda did not write the line %s', (text) => {
  expect(isOfPlatform(text)).toBe(false)
})
