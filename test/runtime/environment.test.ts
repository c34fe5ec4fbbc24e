import { createRequire } from 'node:module'
import { env as imported } from 'node:process'
import { expect, test } from 'vitest'
import { keepVariables, lendVariables, openView, type Variables } from '../../src/runtime/environment.ts'

const ownerOf = (variables: Variables) => ({ env: variables })

test('lent variables are restored in any order, and the last lender decides', () => {
  const owner = ownerOf({ A: 'own' })
  const first = lendVariables(owner, { A: 'first', B: 'first' })
  const second = lendVariables(owner, { A: 'second' })
  expect(owner.env).toEqual({ A: 'second', B: 'first' })
  first()
  first()
  expect(owner.env).toEqual({ A: 'second' })
  second()
  expect(owner.env).toEqual({ A: 'own' })
})

test('kept variables are restored after any sets, changes and removals', () => {
  const owner = ownerOf({ A: '1', B: '2' })
  const giveBack = keepVariables(owner)
  Object.assign(owner.env, { A: 'changed', C: 'new' })
  delete owner.env.B
  giveBack()
  expect(owner.env).toEqual({ A: '1', B: '2' })
})

test('views show the variables of the code that runs, and are closed in any order', () => {
  const own = { A: 'own' }
  const owner = ownerOf(own)
  let variables: Variables | undefined
  const first = openView(owner, { variables: () => variables })
  const second = openView(owner, {})
  const { env } = owner
  expect(env.A).toBe('own')
  variables = { B: 'b' }
  expect([env.A, env.B, 'B' in env, Object.keys(env), { ...env }]).toEqual([undefined, 'b', true, ['B'], { B: 'b' }])
  env.C = 3 as unknown as string
  delete env.B
  expect([variables, own]).toEqual([{ C: '3' }, { A: 'own' }])
  first.close()
  expect(env.A).toBe('own')
  second.close()
  second.close()
  expect(owner.env).toBe(own)
})

test('variables of a view are defined as those of a process: as text, or with the error of Node', () => {
  const all = { configurable: true, enumerable: true, writable: true }
  const name = Symbol('name')
  const attempts: readonly ((env: Variables) => unknown)[] = [
    (env) => Object.defineProperty(env, 'ATTAK_TESTED', { ...all, value: 5 }),
    (env) => Object.defineProperty(env, 'ATTAK_TESTED', { ...all, value: undefined }),
    (env) => Object.defineProperty(env, 'ATTAK_TESTED', { ...all, value: Symbol('value') }),
    (env) => Object.defineProperty(env, 'ATTAK_TESTED', { value: 5 }),
    (env) => Object.defineProperty(env, 'ATTAK_TESTED', { ...all, enumerable: false, value: 5 }),
    (env) => Object.defineProperty(env, 'ATTAK_TESTED', all),
    (env) => Object.defineProperty(env, 'ATTAK_TESTED', { get: () => '5' }),
    (env) => Object.defineProperty(env, name, { ...all, value: 5 }),
    (env) => Reflect.set(env, name, '5'),
  ]
  const results = () =>
    attempts.map((attempt) => {
      delete process.env.ATTAK_TESTED
      try {
        attempt(process.env)
        return process.env.ATTAK_TESTED
      } catch (error) {
        return [String(error), process.env.ATTAK_TESTED]
      }
    })
  const ofNode = results()
  const view = openView(process, { variables: () => ownVariables })
  const ownVariables: Variables = {}
  try {
    expect(results()).toEqual(ofNode)
  } finally {
    view.close()
  }
  expect(ofNode.slice(0, 2)).toEqual(['5', 'undefined'])
})

test('reads by name are reported, and listings are not', async () => {
  const read: string[] = []
  const owner = ownerOf({ A: '1', B: '2' })
  const view = openView(owner, { onRead: (name) => read.push(name) })
  const { env } = owner
  expect([{ ...env }, Object.entries(env), JSON.parse(JSON.stringify(env)), String(env), await env]).toHaveLength(5)
  await Promise.resolve()
  expect(read).toEqual([])
  const { A, C = 'c' } = env
  expect([A, C, env.B]).toEqual(['1', 'c', '2'])
  expect(read).toEqual(['A', 'C', 'B'])
  view.close()
})

test('reads by name are reported after a listing, even in the same tick', async () => {
  const listings: Readonly<Record<string, (env: Variables) => unknown>> = {
    keys: (env) => Object.keys(env),
    'own keys': (env) => Reflect.ownKeys(env),
    names: (env) => Object.getOwnPropertyNames(env),
    descriptors: (env) => Object.getOwnPropertyDescriptors(env),
    'for in': (env) => {
      for (const name in env) void name
    },
    'for in with reads': (env) => {
      for (const name in env) void env[name]
    },
    spread: (env) => ({ ...env }),
    rest: ({ A, ...rest }) => rest,
    'rest without the last': ({ C, ...rest }) => rest,
    assign: (env) => Object.assign({}, env),
    entries: (env) => Object.entries(env),
    values: (env) => Object.values(env),
    json: (env) => JSON.stringify(env),
    'json inside': (env) => JSON.stringify({ env: [env] }),
  }
  const owner = ownerOf({ A: '1', B: '2', C: '3' })
  let read: string[] = []
  const view = openView(owner, { onRead: (name) => read.push(name) })
  const told = (listing: (env: Variables) => unknown, names: string) => {
    listing(owner.env)
    read = []
    for (const name of names) void owner.env[name]
    return read.join('')
  }
  for (const [kind, listing] of Object.entries(listings)) {
    for (const names of ['ABC', 'CBA', 'C', 'B']) expect([kind, told(listing, names)]).toEqual([kind, names])
    listing(owner.env)
    await Promise.resolve()
    read = []
    expect([kind, Object.hasOwn(owner.env, 'C') && owner.env.C, read]).toEqual([kind, '3', ['C']])
    read = []
    listing(owner.env)
    expect([kind, read]).toEqual([kind, kind === 'rest' ? ['A'] : kind === 'rest without the last' ? ['C'] : []])
  }
  read = []
  for (const name in owner.env) void [owner.env.OTHER, owner.env[name]]
  expect(read).toEqual(['OTHER', 'OTHER', 'OTHER'])
  view.close()
})

test('the environment of a process stays one: values are text, programs inherit it, and modules import it', () => {
  const { env } = process
  const view = openView(process, {})
  try {
    expect(imported).toBe(process.env)
    process.env.ATTAK_TESTED = 7 as unknown as string
    const { execFileSync } = createRequire(import.meta.url)('node:child_process') as typeof import('node:child_process')
    expect(execFileSync(process.execPath, ['-p', 'process.env.ATTAK_TESTED'], { encoding: 'utf8' })).toBe('7\n')
    expect(env.ATTAK_TESTED).toBe('7')
  } finally {
    delete process.env.ATTAK_TESTED
    view.close()
  }
  expect(process.env).toBe(env)
  expect(imported).toBe(env)
})
