import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../contract/broker.ts'
import type { TestServer } from './process.ts'
import { startRedis } from './servers.ts'

let redis: TestServer

beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())

interface Expected {
  readonly outputs: readonly { readonly topic: string; readonly data: string | { readonly url: string } }[]
}

test('the crawler finds each page once with three workers, and asks each host for one page at a time', async () => {
  const { outputs } = JSON.parse(readFileSync('examples/crawler/expected.json', 'utf8')) as Expected
  const pages = outputs.map(({ topic, data }) => `${topic}  ${typeof data === 'string' ? data : data.url}`)
  const child = spawn(process.execPath, [resolve('examples/crawler/crawl.js')], {
    env: { PATH: process.env.PATH, ATTAK_BROKER: redis.url },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (more) => {
    text += more
  })
  const found = () => [...text.matchAll(/^worker \d {2}((?:indexed|missing) {2}.*)$/gm)].map(([, page]) => page)
  try {
    await until(() => found().length >= pages.length)
  } finally {
    child.kill()
  }
  const [code] = await once(child, 'close')
  expect(found().toSorted()).toEqual(pages.toSorted())
  expect(text).toContain('at most 1 at once to one host\n')
  expect(code).toBe(0)
})
