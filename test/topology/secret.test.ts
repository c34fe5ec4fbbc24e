import { expect, it } from 'vitest'
import { DRAWINGS } from '../../src/graph/draw.ts'
import { buildGraph, parseTopology } from '../../src/project/parse.ts'
import { withoutPasswords } from '../../src/topology/secret.ts'

function parse(url: string) {
  const sources = { in: { type: 'kafka', to: 'intake', topics: 't', url } }
  const value = { name: 't', processors: { intake: { path: './a' } }, sources }
  return parseTopology(value, { file: 'topology.ts', modulesIn: () => undefined })
}

it('graph --json shows the URL of a source without its password', () => {
  const { topology } = parse('kafka://me:s3:c/r@et@one:9092,two:9092')
  const json = DRAWINGS.json(buildGraph(topology!, { stage: 'dev' }))
  expect(json).toContain('kafka://me:***@one:9092,two:9092')
  expect(json).not.toMatch(/s3|c\/r/)
})

it('a URL that is refused is shown without its password', () => {
  const { problems } = parse('http://me:s3cret@one')
  expect(problems).toHaveLength(1)
  expect(JSON.stringify(problems)).toContain('http://me:***@one')
})

it.each([
  ['redis://localhost:6379/0'],
  ['http://localhost:3000/@scope/name'],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: users write it so.
  ['redis://me:${REDIS_PASSWORD}@localhost'],
  ['me@example.com: 12:30'],
])('%s has no password', (text) => expect(withoutPasswords(text)).toBe(text))
