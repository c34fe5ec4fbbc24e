import { describe, expect, it } from 'vitest'
import { startOf, tuningOf } from '../../../src/clouds/aws/mapping.ts'

const queue = 'arn:aws:sqs:eu-west-1:123456789012:orders--dev--bill'
const stream = 'arn:aws:kinesis:eu-west-1:123456789012:stream/orders--dev--bill'
const config = { source: stream, function: 'orders--dev--bill', batchRecords: 4, windowSeconds: 0, tags: {} }

describe('startOf', () => {
  it('is the start of a new stream, else the time of the deploy, unless the topology sets it', () => {
    const at = Date.parse('2026-11-21T12:00:00Z')
    expect(startOf(config, undefined)).toEqual({ StartingPosition: 'TRIM_HORIZON' })
    expect(startOf(config, at)).toEqual({
      StartingPosition: 'AT_TIMESTAMP',
      StartingPositionTimestamp: new Date(at),
    })
    expect(startOf({ ...config, startingPosition: 'LATEST' }, at)).toEqual({ StartingPosition: 'LATEST' })
    expect(startOf({ ...config, startingPosition: '2026-11-20T00:00:00Z' }, at)).toEqual({
      StartingPosition: 'AT_TIMESTAMP',
      StartingPositionTimestamp: new Date('2026-11-20T00:00:00Z'),
    })
  })

  it('is not set for a queue', () => {
    expect(startOf({ ...config, source: queue }, undefined)).toEqual({})
  })
})

describe('tuningOf', () => {
  it('asks for partial answers, always', () => {
    expect(tuningOf(config).FunctionResponseTypes).toEqual(['ReportBatchItemFailures'])
  })

  it('resets settings that are no longer wanted', () => {
    const live = {
      FilterCriteria: { Filters: [{ Pattern: '{}' }] },
      MetricsConfig: { Metrics: ['EventCount' as const] },
      ScalingConfig: { MaximumConcurrency: 5 },
      ProvisionedPollerConfig: { MinimumPollers: 2 },
    }
    expect(tuningOf(config, live)).toMatchObject({
      FilterCriteria: { Filters: [] },
      MetricsConfig: { Metrics: [] },
      ScalingConfig: {},
      ProvisionedPollerConfig: {},
    })
    expect(Object.keys(tuningOf(config))).not.toContain('FilterCriteria')
  })
})
