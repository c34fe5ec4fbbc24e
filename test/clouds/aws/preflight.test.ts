import { describe, expect, it } from 'vitest'
import { checkOwnRoles } from '../../../src/clouds/aws/preflight.ts'
import { wantedResources } from '../../../src/clouds/aws/wanted.ts'
import { graphOf } from '../../contract/graph.ts'
import { artifactsOf, PLACE } from './graphs.ts'

const noop = () => {}

describe('checkOwnRoles', () => {
  const problemsOf = (topology: object) => {
    const graph = graphOf({ name: 'orders', ...topology })
    return checkOwnRoles(wantedResources(graph, { place: PLACE, env: {} }, artifactsOf(graph)))
  }

  it('refuses processors whose names differ only in case, because IAM ignores case', () => {
    const problems = problemsOf({ processors: { Bill: noop, bill: noop, ship: noop } })
    expect(problems).toMatchObject([{ code: 'TOPOLOGY_INVALID', where: 'processor "bill"' }])
    expect(problems[0]?.what).toContain('"Bill"')
  })

  it('refuses a processor that emits to more streams than its policy has room for', () => {
    const names = Array.from({ length: 200 }, (_, index) => `p${index}`)
    const processors = Object.fromEntries(['spout', ...names].map((name) => [name, noop]))
    const problems = problemsOf({ processors, streams: names.map((to) => ({ from: 'spout', to })) })
    expect(problems).toMatchObject([{ code: 'QUOTA_EXCEEDED', where: 'processor "spout"' }])
    expect(problems[0]?.what).toMatch(/would have \d+ characters; IAM accepts at most 10240$/)
  })

  it('accepts roles with the longest names, and ignores given ones', () => {
    const long = (end: string) => 'x'.repeat(39) + end
    expect(problemsOf({ name: long('t'), processors: { [long('a')]: noop, [long('b')]: noop } })).toEqual([])
    const role = 'arn:aws:iam::123456789012:role/own'
    expect(problemsOf({ role, processors: { Bill: noop, bill: noop } })).toEqual([])
  })
})
