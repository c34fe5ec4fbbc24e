import { expect, test } from 'vitest'
import { functionName, logGroupName, placeOfArn, queueName, streamName } from '../../src/aws/names.ts'

const scope = { topology: 't'.repeat(40), stage: 's'.repeat(40) }

test('names keep to the limits of their services', () => {
  const part = 'p'.repeat(40)
  expect(functionName(scope, part)).toHaveLength(64)
  expect(logGroupName(scope, part)).toBe(`/aws/lambda/${functionName(scope, part)}`)
  expect(streamName(scope, part)).toHaveLength(124)
  expect(queueName(scope, part, { fifo: false })).toHaveLength(80)
  expect(queueName(scope, part, { fifo: true })).toHaveLength(80)
  expect(queueName(scope, part, { fifo: true })).toMatch(/\.fifo$/)
})

test('the ARN of a function gives region and account of everything else', () => {
  const place = { partition: 'aws-cn', region: 'cn-north-1', account: '123456789012' }
  expect(placeOfArn('arn:aws-cn:lambda:cn-north-1:123456789012:function:orders--dev--bill')).toEqual(place)
  expect(placeOfArn('arn:aws:iam::123456789012:role/r')).toBeUndefined()
  expect(placeOfArn('local')).toBeUndefined()
})
