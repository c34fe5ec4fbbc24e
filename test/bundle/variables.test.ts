import { describe, expect, it } from 'vitest'
import { checkVariables, functionVariables } from '../../src/bundle/variables.ts'
import { graphOf } from '../contract/graph.ts'

const noop = () => {}

function problemsOf(processors: object, env: Readonly<Record<string, string>>) {
  return checkVariables(graphOf({ name: 'orders', processors }), env)
}

describe('checkVariables', () => {
  it('accepts variables that are set', () => {
    expect(problemsOf({ bill: { handler: noop, environment: ['TOKEN'] } }, { TOKEN: 'x' })).toEqual([])
    expect(problemsOf({ bill: { handler: noop, environment: { TOKEN: 'x' } } }, {})).toEqual([])
  })

  it('names each variable that is missing once, with the processors that name it', () => {
    const processors = {
      bill: { handler: noop, environment: ['TOKEN', 'URL'] },
      ship: { handler: noop, environment: ['TOKEN'] },
      store: { handler: noop },
    }
    expect(problemsOf(processors, { URL: 'x' })).toEqual([
      {
        code: 'VARIABLE_MISSING',
        severity: 'error',
        where: 'processor "bill", processor "ship"',
        what: 'environment names TOKEN, which is not set here',
        remedy: 'Set TOKEN in the shell or in .env, or give its value in the topology.',
      },
    ])
    const { bill, ship } = processors
    expect(problemsOf({ bill, ship }, {}).map(({ where, what }) => `${where}: ${what}`)).toEqual([
      'every processor: environment names TOKEN, which is not set here',
      'processor "bill": environment names URL, which is not set here',
    ])
  })

  it('reports variables that are too large together, in bytes, without their values', () => {
    const [problem, ...more] = problemsOf(
      { bill: { handler: noop, environment: ['TOKEN'] } },
      { TOKEN: 'é'.repeat(2100) },
    )
    expect(more).toEqual([])
    expect(problem).toMatchObject({ code: 'ENVIRONMENT_TOO_LARGE', where: 'processor "bill"' })
    expect(JSON.stringify(problem)).not.toContain('é')
  })
})

describe('functionVariables', () => {
  it('are the declared ones, with their values or those of the environment, and those of the artifact', () => {
    const environment = { TAKEN: true, GIVEN: 'x', NODE_OPTIONS: '--trace-warnings' }
    const graph = graphOf({ name: 'orders', processors: { bill: { handler: noop, environment } } })
    expect(functionVariables(graph.processors[0]!, { TAKEN: 'y', SECRET: 'z' })).toEqual({
      ATTAK_PROCESSOR: 'bill',
      GIVEN: 'x',
      NODE_OPTIONS: '--enable-source-maps --trace-warnings',
      TAKEN: 'y',
    })
  })
})
