import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { AttakError } from '../../src/errors.ts'
import { loadEnvironment } from '../../src/project/environment.ts'
import { CREDENTIALS, GUTHEGA_VARIABLES, SETTINGS } from '../../src/project/setting-list.ts'
import { type GivenSettings, resolveSettings } from '../../src/project/settings.ts'
import { projectFolder } from './folder.ts'

async function settle(cwd: string, flags: GivenSettings = {}, env: Record<string, string> = {}) {
  const file = join(cwd, 'src/topology.ts')
  return resolveSettings({ flags, environment: await loadEnvironment(file, env), file, cwd })
}

test('a flag overrides the environment, then .env, then package.json, then the default', async () => {
  const manifest = JSON.stringify({ attak: { stage: 'project', seed: 7, concurrency: 4 } })
  const cwd = projectFolder({ 'package.json': manifest, '.env': 'ATTAK_STAGE=file\nATTAK_SEED=file' })
  expect(await settle(cwd, { stage: 'flag' }, { ATTAK_STAGE: 'real', ATTAK_CONCURRENCY: '8' })).toMatchObject({
    stage: { value: 'flag', origin: 'flag' },
    seed: { value: 'file', origin: '.env' },
    concurrency: { value: 8, origin: 'environment' },
  })
  expect(await settle(cwd)).toMatchObject({ concurrency: { value: 4, origin: 'package.json' } })
  expect(await settle(projectFolder({}))).toEqual({
    stage: { value: 'dev', origin: 'default' },
    seed: { value: 'attak', origin: 'default' },
    concurrency: { value: 256, origin: 'default' },
    logLevel: { value: 'info', origin: 'default' },
    region: { value: undefined, origin: 'default' },
    profile: { value: undefined, origin: 'default' },
    role: { value: undefined, origin: 'default' },
    broker: { value: undefined, origin: 'default' },
    state: { value: undefined, origin: 'default' },
    endpoint: { value: undefined, origin: 'default' },
  })
})

test('AWS_ROLE_ARN is the role of functions, unless a web identity token makes it the role of the deployer', async () => {
  const role = (name: string) => `arn:aws:iam::123456789012:role/${name}`
  const cwd = projectFolder({})
  const roleOf = async (env: Record<string, string>) => (await settle(cwd, {}, env)).role
  expect(await roleOf({ AWS_ROLE_ARN: role('a') })).toEqual({ value: role('a'), origin: 'environment' })
  expect(await roleOf({ AWS_ROLE_ARN: role('a'), AWS_WEB_IDENTITY_TOKEN_FILE: '/token' })).toEqual({
    value: undefined,
    origin: 'default',
  })
  expect((await roleOf({ AWS_ROLE_ARN: role('a'), ATTAK_ROLE_ARN: role('b') })).value).toBe(role('b'))
})

test('an empty setting in .env is not set, and other variables may be empty', async () => {
  const cwd = projectFolder({ 'package.json': '{}', '.env': 'AWS_REGION=\nAWS_SESSION_TOKEN=\nPREFIX=' })
  const { added } = await loadEnvironment(join(cwd, 'topology.ts'), {})
  expect(added).toEqual({ PREFIX: '' })
})

test('an .env that cannot be read as text is refused, not ignored', async () => {
  const cwd = projectFolder({ 'package.json': '{}' })
  const load = () => loadEnvironment(join(cwd, 'topology.ts'), {})
  const file = join(cwd, '.env')
  writeFileSync(file, Buffer.from('\ufeffATTAK_STAGE=prod\n', 'utf16le'))
  await expect(load()).rejects.toThrow(`${file}: this is UTF-16 instead of UTF-8: save it as UTF-8`)
  rmSync(file)
  spawnSync('mkfifo', [file])
  await expect(load()).rejects.toThrow(`${file}: this is a pipe, a socket or a device`)
  rmSync(file)
  symlinkSync('/dev/null', file)
  expect((await load()).added).toEqual({})
})

test.each([
  ['region', 'Ireland'],
  ['role', 'worker'],
  ['endpoint', 'localhost:4566'],
  ['profile', ' '],
] as const)('%s cannot be "%s"', async (name, value) => {
  await expect(settle(projectFolder({}), { [name]: value })).rejects.toThrow(`--${name}`)
})

test('all wrong values are reported at once, with their origin', async () => {
  const cwd = projectFolder({
    'package.json': '{ "attak": { "stagee": "x", "concurrency": 0 } }',
    '.env': 'ATTAK_STAGE=not a name',
  })
  const error = await settle(cwd).catch((thrown: AttakError) => thrown)
  expect((error as AttakError).problems.map(({ where }) => where)).toEqual([
    'package.json: attak.stagee',
    '.env: ATTAK_STAGE',
    'package.json: attak.concurrency',
  ])
})

test.each(['0', '-1', '1.5', 'many', 'Infinity'])('%s is not a number of handlers', async (value) => {
  await expect(settle(projectFolder({}), { concurrency: value })).rejects.toThrow('--concurrency')
})

test('.env adds missing variables to the environment, from the nearest folder up to the package', async () => {
  const cwd = projectFolder({ 'package.json': '{}', '.env': "A=1\nB='two words'\nC=3", 'src/x': '' })
  const read: string[] = []
  const { added, variables } = await loadEnvironment(join(cwd, 'src/topology.ts'), { A: 'real' }, (file) =>
    read.push(file),
  )
  expect(added).toEqual({ B: 'two words', C: '3' })
  expect(variables).toEqual({ A: 'real', B: 'two words', C: '3' })
  expect(read).toEqual([join(cwd, '.env')])
})

test('.env.example lists exactly the variables that are read, with their defaults and meaning', () => {
  const example = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8')
  const listed = [...example.matchAll(/^# (.*)\n(\w+)=(.*)$/gm)].map(([, summary, variable, value]) => [
    variable,
    value,
    summary,
  ])
  const settings = SETTINGS.map(({ summary, variable, also, fallback }) => [
    also?.variable ?? variable,
    `${fallback ?? ''}`,
    summary,
  ])
  const credentials = [...CREDENTIALS, ...GUTHEGA_VARIABLES].map(({ variable, summary }) => [variable, '', summary])
  expect(new Set(listed.map(String))).toEqual(new Set([...credentials, ...settings].map(String)))
  expect(listed.slice(0, 4).map(([variable]) => variable)).toEqual([
    'AWS_ACCESS_KEY_ID',
    'AWS_SECRET_ACCESS_KEY',
    'AWS_ROLE_ARN',
    'AWS_REGION',
  ])
})
