import { describe, expect, it } from 'vitest'
import { checkGraph, summarizeUnused } from '../../src/graph/check.ts'
import { buildGraph } from '../../src/project/parse.ts'
import type { Topology, TopologyStream } from '../../src/topology/topology.ts'

function warnings(streams: readonly TopologyStream[]) {
  const processors = ['a', 'b', 'c'].map(
    (name) => ({ name, namedByIndex: false, source: { kind: 'module', path: `./${name}` } }) as const,
  )
  const graph = buildGraph({ name: 't', processors, streams }, { stage: 'dev' })
  return checkGraph(graph).map(({ code, severity, where }) => [code, severity, where])
}

it('warns of a processor without streams', () => {
  expect(warnings([{ from: 'a', to: 'b' }])).toEqual([['TOPOLOGY_UNUSED_PROCESSOR', 'warning', 'processors.c']])
})

it('does not warn of a topology without streams', () => {
  expect(warnings([])).toEqual([])
})

it('counts a processor that receives only from itself as used', () => {
  expect(
    warnings([
      { from: 'a', to: 'b' },
      { from: 'c', to: 'c' },
    ]),
  ).toEqual([])
})

it('counts a processor that is invoked, or invokes, as used', () => {
  const named = (name: string) => ({ name, namedByIndex: false, source: { kind: 'module', path: './m' } }) as const
  const processors = [named('a'), named('b'), { ...named('c'), invokes: ['d'] }, named('d')]
  const graph = buildGraph({ name: 't', processors, streams: [{ from: 'a', to: 'b' }] }, { stage: 'dev' })
  expect(checkGraph(graph)).toEqual([])
})

describe('a queue that keeps order', () => {
  const checked = (stream: object, more: Partial<Topology> = {}) => {
    const processors = ['a', 'b'].map(
      (name) => ({ name, namedByIndex: false, source: { kind: 'module', path: './m' } }) as const,
    )
    const streams = [{ from: 'a', to: 'b', via: 'sqs', fifo: true, ...stream } as TopologyStream]
    return checkGraph(buildGraph({ name: 't', processors, streams, ...more }, { stage: 'dev' }))
  }

  it('is refused if its waits do not fit the timeout of its receiver', () => {
    expect(checked({ retries: 4 })).toEqual([])
    expect(checked({ retries: 5 })).toEqual([
      {
        code: 'TOPOLOGY_INVALID',
        severity: 'error',
        where: 'stream "a → b"',
        what: 'an event with a key waits in its stream before each attempt, 31 s in total, but the timeout of "b" is 30 s',
        remedy: 'Set retries or backoff lower, or the timeout of "b" above 31.',
      },
    ])
    expect(checked({ retries: 5 }, { timeoutMs: 60_000 })).toEqual([])
    expect(checked({ retries: 29, backoff: { maxMs: 1000 } })).toEqual([])
    expect(checked({ retries: 30, backoff: { maxMs: 1000 } })).toHaveLength(1)
    expect(checked({ retries: 100, fifo: false })).toEqual([])
  })

  it('is warned of if it is a Kinesis stream that gives up before the last attempt', () => {
    const kinesis = { via: 'kinesis', fifo: false }
    expect(checked({ ...kinesis, retries: 60 })).toEqual([])
    expect(checked({ ...kinesis, retries: 66 })).toMatchObject([
      {
        severity: 'warning',
        what: 'an event with a key waits in its stream before each attempt, 3663 s in total, but maximumRecordAge is 3600 s',
      },
    ])
    expect(checked({ ...kinesis, retries: 66, maximumRecordAge: 7200 })).toEqual([])
  })
})

it('warns of many such processors in one problem', () => {
  const processors = [...'abcdefghi'].map(
    (name) => ({ name, namedByIndex: false, source: { kind: 'module', path: './m' } }) as const,
  )
  const graph = buildGraph({ name: 't', processors, streams: [{ from: 'a', to: 'b' }] }, { stage: 'dev' })
  const other = { code: 'INPUT_AMBIGUOUS', severity: 'warning', where: 'input', what: 'w', remedy: 'r' } as const
  expect(summarizeUnused([...checkGraph(graph), other])).toEqual([
    expect.objectContaining({
      where: 'processors.c, processors.d, processors.e, processors.f, processors.g, 2 more',
      what: expect.stringContaining('no stream leads to them'),
    }),
    other,
  ])
  expect(summarizeUnused([other])).toEqual([other])
})
