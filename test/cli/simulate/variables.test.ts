import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { projectFolder } from '../../project/folder.ts'
import { BIN, simulateJson, start } from '../spawned.ts'

const EMITS = (expression: string) =>
  `export const handler = (event: any, context: any) => context.emit('out', ${expression})`

function simulate(files: Readonly<Record<string, string>>, env: Record<string, string>, ...flags: string[]) {
  const { entries, stdout, stderr } = simulateJson(projectFolder(files), env, ...flags)
  const emitted = Object.fromEntries(
    entries.flatMap(({ kind, processor, data }) => (kind === 'emit' ? [[processor, data]] : [])),
  )
  return { emitted, stderr, stdout }
}

test('handlers and their modules read the values of environment, which override the shell and .env', {
  timeout: 60_000,
}, () => {
  const files = {
    '.env': 'TAKEN=from .env\nLEVEL=from .env\n',
    'topology.ts': `export default { name: 'v', environment: ['TAKEN'], input: { a: 1, inline: 1 }, processors: {
      a: { path: './a.mjs', environment: { LEVEL: 'given' } },
      inline: { environment: { LEVEL: 'given' }, handler: (event, context) => context.emit('out', [process.env.LEVEL, process.env.TAKEN]) },
    } }`,
    'a.mjs': `import { env } from 'node:process'
      if (process.env.LEVEL !== 'given') throw new Error('LEVEL is ' + process.env.LEVEL)
      const { LEVEL } = env
      export const handler = (event, context) => context.emit('out', [LEVEL, process.env.LEVEL, env.TAKEN])`,
  }
  const source = simulate(files, { LEVEL: 'of the shell' })
  expect(source.emitted).toEqual({ a: ['given', 'given', 'from .env'], inline: ['given', 'from .env'] })
  expect(source.stderr).toBe('')
  const built = simulate(files, { LEVEL: 'of the shell' }, '--built')
  expect([built.stdout, built.stderr]).toEqual([source.stdout, ''])
  const check = spawnSync(process.execPath, [BIN, 'check'], { cwd: projectFolder(files), encoding: 'utf8' })
  expect(check.stdout).toContain('✓ v is fine')
})

test('two processors with different values have each their own when built, and give a warning otherwise', {
  timeout: 60_000,
}, () => {
  const files = {
    'topology.mjs': `export default { name: 'v', input: { a: 1, b: 1 }, processors: {
      a: { path: './a.mts', environment: { LEVEL: 'one' } }, b: { path: './a.mts', environment: { LEVEL: 'two' } } } }`,
    'a.mts': `import { env } from 'node:process'\nconst { LEVEL } = process.env\n${EMITS('[LEVEL, process.env.LEVEL, env.LEVEL]')}`,
  }
  const source = simulate(files, {})
  expect(source.emitted).toEqual({ a: ['one', 'one', 'one'], b: ['one', 'one', 'one'] })
  expect(source.stderr).toMatch(/^warning \[VARIABLE_SHARED\] processors\.a, processors\.b: .*LEVEL.*--built/)
  const built = simulate(files, {}, '--built')
  expect(built.emitted).toEqual({ a: ['one', 'one', 'one'], b: ['two', 'two', 'two'] })
  expect(built.stderr).toBe('')
})

test("reading an undeclared variable is a warning, once per name, only in the project's own files", {
  timeout: 60_000,
}, () => {
  const files = {
    'topology.ts': `export default { name: process.env.NAME ?? 'v', input: () => { process.env.INPUTS; return [{ to: 'a', event: 1 }, { to: 'a', event: 2 }] },
      processors: { a: { path: './a.ts', environment: ['DECLARED'] } } }`,
    'a.ts': `import { ofPackage } from 'pkg'
import { env } from 'node:process'
import { deep } from './lib/deep.cjs'
export async function handler(event: number, context: any) {
  const name = ['COM', 'PUTED'].join('')
  const { PULLED = 'p', DECLARED } = process.env
  process.env.SET = 'x'
  const all = [process.env.READ, process.env[name], env.IMPORTED, PULLED, DECLARED, deep(), ofPackage(), process.env.SET]
  const none = [process.env.NODE_ENV, process.env.AWS_REGION, process.env.TZ, process.env.AWS_LAMBDA_FUNCTION_NAME, 'ASKED' in process.env]
  await context.emit('out', [all.map(String), none.map(String), String({ ...process.env }.SPREAD), JSON.stringify(process.env).length > 0])
}`,
    'lib/deep.cjs': 'exports.deep = () => process.env.DEEP',
    'node_modules/pkg/package.json': '{ "name": "pkg", "main": "index.js" }',
    'node_modules/pkg/index.js': 'exports.ofPackage = () => process.env.OF_PACKAGE',
  }
  for (const flags of [[], ['--built']]) {
    const { stderr } = simulate(files, { READ: 'r', SPREAD: 's' }, ...flags)
    const told = stderr
      .trim()
      .split('\n')
      .map((line) => /^warning \[(\w+)\] (\S+):\d+: reads the variable (\w+),/.exec(line)?.slice(1))
      .filter((read) => read !== undefined)
    expect(told).toEqual([
      ['VARIABLE_UNDECLARED', 'a.ts:8', 'COMPUTED'],
      ['VARIABLE_UNDECLARED', 'lib/deep.cjs:1', 'DEEP'],
      ['VARIABLE_UNDECLARED', 'a.ts:8', 'IMPORTED'],
      ['VARIABLE_UNDECLARED', 'a.ts:6', 'PULLED'],
      ['VARIABLE_UNDECLARED', 'a.ts:8', 'READ'],
    ])
  }
})

test('a read of a module is a warning unless each processor of it declares the name', { timeout: 60_000 }, () => {
  const files = {
    'topology.mjs': `export default { name: 'v', input: { a: 1, b: 1, c: 1 }, processors: {
      a: './a.mjs', b: { path: './b.mjs', environment: { URL_X: 'b' } }, c: { path: './a.mjs', environment: ['URL_X'] } } }`,
    'a.mjs': `const url = process.env.URL_X\n${EMITS('url ?? null').replaceAll(': any', '')}`,
    'b.mjs': `const url = process.env.URL_X\n${EMITS('url ?? null').replaceAll(': any', '')}`,
  }
  for (const flags of [[], ['--built']]) {
    const { stderr } = simulate(files, { URL_X: 'b' }, ...flags)
    expect(stderr.replace(/so it.*/s, '')).toBe(
      'warning [VARIABLE_UNDECLARED] a.mjs:1:25: reads the variable URL_X, which the environment of "a" does not declare, ',
    )
  }
})

test('a variable that one processor writes and another reads is a warning', { timeout: 60_000 }, () => {
  const files = {
    'topology.mjs': `export default { name: 'v', input: { a: 1, b: 1 }, streams: [['a', 'b']], processors: { a: './a.mjs', b: './b.mjs' } }`,
    'shared.mjs': `process.env.OF_SHARED = '1'`,
    'a.mjs': `import './shared.mjs'
      process.env.OF_MODULE = '1'
      export const handler = () => { process.env.OF_A = '1'; return [process.env.OF_A, process.env.OF_SHARED] }`,
    'b.mjs': `import './shared.mjs'
      export const handler = () => [process.env.OF_A, process.env.OF_SHARED, process.env.OF_MODULE]`,
  }
  const told = (...flags: string[]) =>
    [...simulate(files, {}, ...flags).stderr.matchAll(/(\S+):\d+:\d+: reads the variable (\w+)/g)].map((all) =>
      all.slice(1),
    )
  expect(told()).toEqual([['b.mjs', 'OF_A']])
  expect(told('--built')).toEqual([
    ['b.mjs', 'OF_A'],
    ['b.mjs', 'OF_MODULE'],
  ])
})

test('an import of the topology that reads a variable too early is a warning', { timeout: 60_000 }, () => {
  const files = {
    'topology.ts': `import { handler } from './a.ts'
      export default { name: 'v', input: { a: 1 }, processors: { a: { handler, environment: { LEVEL: 'given' } } } }`,
    'a.ts': `const { LEVEL } = process.env\n${EMITS('LEVEL ?? null')}`,
  }
  const source = simulate(files, {})
  expect(source.emitted).toEqual({ a: null })
  expect(source.stderr).toMatch(/^warning \[VARIABLE_EARLY\] a\.ts:1:9: reads the variable LEVEL while .*--built\.\n$/)
  expect(simulate(files, { LEVEL: 'given' }).stderr).toBe('')
  const built = simulate(files, {}, '--built')
  expect([built.emitted, built.stderr]).toEqual([{ a: 'given' }, ''])
})

test('more than a function accepts is refused, as in a deploy', { timeout: 60_000 }, () => {
  const folder = projectFolder({
    'topology.mjs': `export default { name: 'v', processors: { a: { handler: () => {}, environment: { BIG: 'x'.repeat(5000) } } } }`,
  })
  for (const argv of [['simulate', '--input', '-'], ['simulate', '--built', '--input', '-'], ['check']]) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, ...argv], {
      cwd: folder,
      encoding: 'utf8',
      input: '',
    })
    expect([status, stdout + stderr]).toEqual([1, expect.stringContaining('[ENVIRONMENT_TOO_LARGE] processor "a": ')])
  }
})

test('a replay of simulated errors has the same environment', { timeout: 60_000 }, () => {
  const folder = projectFolder({
    'topology.mjs': `export default { name: 'v', input: { a: 1 }, processors: { a: { path: './a.mjs', environment: { LEVEL: 'given' } } } }`,
    'a.mjs': `export const handler = () => { throw new Error('level ' + process.env.LEVEL) }`,
  })
  const run = (...argv: string[]) =>
    spawnSync(process.execPath, [BIN, ...argv], { cwd: folder, encoding: 'utf8' }).stdout
  expect(run('simulate')).toContain('level given')
  expect(run('errors', 'replay', '--simulated', '--all', '--yes')).toContain('level given')
  expect(execFileSync(process.execPath, [BIN, 'check'], { cwd: folder, encoding: 'utf8' })).toContain('is fine')
})

test('--watch --built keeps only the files of the last two runs', { timeout: 60_000 }, async () => {
  const temporary = projectFolder({})
  const module = (n: number) => `export const handler = (event, context) => context.emit('seen', ${n})`
  const folder = projectFolder({
    'topology.json': '{ "name": "v", "input": { "a": 1 }, "processors": { "a": "./a.mjs" } }',
    'a.mjs': module(1),
  })
  const child = spawn(process.execPath, [BIN, 'simulate', '--watch', '--built'], {
    cwd: folder,
    env: { PATH: process.env.PATH, TMPDIR: temporary },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (printed += text))
  try {
    for (let round = 1; round <= 4; round++) {
      while (printed.split('Waiting for changes').length <= round)
        await Promise.race([once(child.stdout, 'data'), once(child.stderr, 'data')])
      writeFileSync(join(folder, 'a.mjs'), module(round + 1))
    }
    const kept = readdirSync(temporary, { recursive: true, encoding: 'utf8' })
    expect(kept.filter((path) => path.endsWith('attak-artifacts/a/a.mjs')).length).toBeLessThanOrEqual(2)
  } finally {
    child.kill()
  }
  expect(printed).toContain('⇒ seen  4')
})

test('each run of --watch starts with the environment of the first', { timeout: 60_000 }, async () => {
  const folder = projectFolder({
    '.env': 'TAKEN=first',
    'topology.mjs': `export default { name: 'v', environment: ['TAKEN'], input: { a: 1 }, processors: { a: { path: './a.mjs', environment: { LEVEL: 'one' } } } }`,
    'a.mjs': `export const handler = (event, context) => {
      const seen = [process.env.LEVEL, process.env.TAKEN, process.env.LEFT ?? 'nothing']
      process.env.LEFT = 'left'
      return context.emit('seen', seen.join(' '))
    }`,
  })
  const child = spawn(process.execPath, [BIN, 'simulate', '--watch'], {
    cwd: folder,
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (printed += text))
  const rounds = async (count: number) => {
    while (printed.split('Waiting for changes').length <= count)
      await Promise.race([once(child.stdout, 'data'), once(child.stderr, 'data')])
  }
  try {
    await rounds(1)
    writeFileSync(
      join(folder, 'topology.mjs'),
      `export default { name: 'v', environment: ['TAKEN', 'LEVEL'], input: { a: 1 }, processors: { a: './a.mjs' } }`,
    )
    await rounds(2)
    writeFileSync(join(folder, '.env'), 'TAKEN=second\nLEVEL=two\n')
    await rounds(3)
  } finally {
    child.kill()
  }
  const seen = [...printed.matchAll(/⇒ seen {2}"(.*)"/g)].map(([, text]) => text)
  expect([...new Set(seen)]).toEqual(['one first nothing', ' first nothing', 'two second nothing'])
})

test('each run of --watch warns of a variable that an earlier run set and this one only reads', async () => {
  const topology = { name: 'v', input: { a: 1 }, processors: { a: './a.mjs' } }
  const handler = (body: string) => `export const handler = (event, context) => { ${body} }`
  const reads = "context.emit('seen', String(process.env.SET_EARLIER))"
  const folder = projectFolder({
    'topology.json': JSON.stringify(topology),
    'a.mjs': handler(`process.env.SET_EARLIER = 'set'; ${reads}`),
  })
  const { child, printed, until, ended } = start(folder, 'simulate', '--watch')
  await until('err', 'Waiting for changes')
  expect(printed.out).toContain('"set"')
  expect(printed.err).not.toContain('SET_EARLIER')
  printed.err = ''
  writeFileSync(join(folder, 'a.mjs'), handler(reads))
  await until('err', 'Waiting for changes')
  expect(printed.out).toContain('"undefined"')
  expect(printed.err).toContain('VARIABLE_UNDECLARED')
  child.kill('SIGINT')
  expect(await ended).toBe(130)
})
