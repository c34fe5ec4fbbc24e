import { describe, expect, it } from 'vitest'
import { buildGraph, parseTopology } from '../../src/project/parse.ts'

function parse(settings: object) {
  const value = { name: 't', processors: { intake: { path: './a' }, report: { path: './b' } }, ...settings }
  return parseTopology(value, { file: 'topology.ts', modulesIn: () => undefined })
}

function told(settings: object): readonly string[] {
  return parse(settings).problems.map(({ where, what, remedy }) => `${where}: ${what}. ${remedy}`)
}

describe('sources', () => {
  it('are part of the graph, with the settings of their type', () => {
    const { topology, problems } = parse({
      sources: {
        orders: { type: 'http', to: 'intake', topic: 'order', path: '/orders/:id', method: ['POST', 'PUT'], port: 0 },
        nightly: { type: 'schedule', to: 'report', cron: '0 3 * * *', timezone: 'Europe/Berlin' },
      },
    })
    expect(problems).toEqual([])
    expect(buildGraph(topology!, { stage: 'dev' }).sources).toEqual([
      {
        ...{ name: 'orders', type: 'http', to: 'intake', topic: 'order' },
        settings: { path: '/orders/:id', method: ['POST', 'PUT'], port: 0 },
      },
      {
        ...{ name: 'nightly', type: 'schedule', to: 'report' },
        settings: { cron: '0 3 * * *', timezone: 'Europe/Berlin' },
      },
    ])
  })

  it.each([
    [{ api: 'intake' }, [{ name: 'api', to: 'intake', settings: { path: '/*', method: 'ANY' } }]],
    [
      { api: { 'GET /orders/:id': 'intake', '/report': 'report' } },
      [
        { name: 'api-1', to: 'intake', settings: { path: '/orders/:id', method: 'GET' } },
        { name: 'api-2', to: 'report', settings: { path: '/report', method: 'ANY' } },
      ],
    ],
    [
      { schedule: [{ processor: 'report', rate: '5 minutes' }] },
      [{ name: 'schedule-1', to: 'report', settings: { rate: '5 minutes' } }],
    ],
    [
      { schedule: { nightly: { to: 'report', cron: '0 3 * * *', event: { all: true } } } },
      [{ name: 'nightly', to: 'report', settings: { cron: '0 3 * * *', event: { all: true } } }],
    ],
  ])('%j are sources too', (settings, sources) => {
    const { topology, problems } = parse(settings)
    expect(problems).toEqual([])
    expect(topology?.sources).toMatchObject(sources)
  })

  it.each([
    [{ sources: [] }, 'sources: sources must be a map by name; got []'],
    [{ sources: { a: 1 } }, 'sources.a: a source must be an object; got 1'],
    [{ sources: { a: { to: 'intake' } } }, 'sources.a.type: a source needs a type'],
    [
      { sources: { a: { type: 'htp', to: 'intake', path: '/' } } },
      'sources.a.type: there is no type of source "htp" (topology.ts). Did you mean "http"?',
    ],
    [{ sources: { a: { type: 'http', path: '/' } } }, 'sources.a.to: a source needs a processor'],
    [
      { sources: { a: { type: 'http', to: 'intke', path: '/' } } },
      'sources.a.to: no processor named "intke" (topology.ts). Did you mean "intake"?',
    ],
    [{ sources: { a: { type: 'http', to: 'intake' } } }, 'sources.a: a source of type "http" needs path'],
    [
      { sources: { a: { type: 'http', to: 'intake', path: 'orders' } } },
      'sources.a.path: path must be a path that begins with "/"',
    ],
    [
      { sources: { a: { type: 'http', to: 'intake', path: '/', prot: 1 } } },
      'sources.a.prot: a source of type "http" has no setting "prot" (topology.ts). Did you mean "port"?',
    ],
    ...['post', 'PSOT', ['GET', 'post']].map((method): [object, string] => [
      { sources: { a: { type: 'http', to: 'intake', path: '/', method } } },
      `got ${JSON.stringify(method)} (topology.ts). Did you mean "POST"?`,
    ]),
    [{ sources: { a: { type: 'http', to: 'intake', path: '/', reply: 'Done' } } }, 'Did you mean "done"?'],
    [
      { sources: { a: { type: 'http', to: 'intake', path: '/', method: 'FETCH' } } },
      'Set method to GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, ANY, or a list of them, or leave it out.',
    ],
    [{ sources: { a: { type: 'schedule', to: 'report' } } }, 'a source of type "schedule" needs rate or cron'],
    [
      { sources: { a: { type: 'schedule', to: 'report', rate: '1 day', cron: '* * * * *' } } },
      'a source of type "schedule" has both rate and cron',
    ],
    [
      { sources: { a: { type: 'schedule', to: 'report', cron: 'daily' } } },
      'sources.a.cron: cron must be five fields of cron',
    ],
    [{ sources: { a: { type: 'schedule', to: 'report', rate: 'often' } } }, 'rate must be a number of seconds'],
    [
      { sources: { a: { type: 'schedule', to: 'report', cron: '* * * * *', timezone: 'Berlin' } } },
      'timezone must be the name of a time zone',
    ],
    [
      { sources: { intake: { type: 'http', to: 'intake', path: '/' } } },
      'sources.intake: a source and a processor are both called "intake"',
    ],
    [{ sources: { 'a b': { type: 'http', to: 'intake', path: '/' } } }, 'the name of a source must'],
    [{ api: 5 }, 'api: api must be a processor or a map of routes; got 5'],
    [{ api: { orders: 'intake' } }, 'api["orders"]: "orders" is no route'],
    [{ schedule: 'daily' }, 'schedule: schedule must be a map or a list; got "daily"'],
    [
      { api: 'intake', sources: { api: { type: 'http', to: 'intake', path: '/' } } },
      'sources.api: two sources are called "api"',
    ],
  ])('%j is refused, with the remedy', (settings, text) => {
    expect(told(settings).join('\n')).toContain(text)
  })

  it.each([
    [{ type: 'http', to: 'intake', path: 'orders' }, 'such as "/orders/:id".'],
    [{ type: 'schedule', to: 'report', rate: 'often' }, 'hours or days, such as "5 minutes".'],
    [{ type: 'schedule', to: 'report', cron: 'daily' }, 'or six with seconds, such as "0 3 * * *".'],
    [
      { type: 'http', to: 'intake', path: '/', port: -1 },
      'Set port to a whole number from 0 to 65535, or leave it out.',
    ],
  ])('%j: only a setting with a default may be left out', (source, end) => {
    const [problem = '', ...others] = told({ sources: { a: source } })
    expect(others).toEqual([])
    expect(problem.endsWith(end), problem).toBe(true)
  })
})

it('a processor that only a source feeds is no leftover', async () => {
  const { checkGraph } = await import('../../src/graph/check.ts')
  const { topology } = parse({
    processors: { a: { path: './a' }, b: { path: './b' }, c: { path: './c' } },
    streams: [['a', 'b']],
    sources: { often: { type: 'schedule', to: 'c', rate: '1 hour' } },
  })
  expect(checkGraph(buildGraph(topology!, { stage: 'dev' }))).toEqual([])
})
