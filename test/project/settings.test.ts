import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { AttakError } from '../../src/errors.ts'
import { loadEnvironment } from '../../src/project/environment.ts'
import { type GivenSettings, resolveSettings, SETTINGS } from '../../src/project/settings.ts'
import { projectFolder } from './folder.ts'

async function settle(cwd: string, flags: GivenSettings = {}, env: Record<string, string> = {}) {
  const file = join(cwd, 'src/topology.ts')
  return resolveSettings({ flags, environment: await loadEnvironment(file, env), file, cwd })
}

test('a flag beats the environment, which beats .env, which beats package.json, which beats the default', async () => {
  const manifest = JSON.stringify({ attak: { stage: 'project', seed: 7, concurrency: 4 } })
  const cwd = projectFolder({ 'package.json': manifest, '.env': 'ATTAK_STAGE=file\nATTAK_SEED=file' })
  expect(await settle(cwd, { stage: 'flag' }, { ATTAK_STAGE: 'real', ATTAK_CONCURRENCY: '8' })).toEqual({
    stage: { value: 'flag', origin: 'flag' },
    seed: { value: 'file', origin: '.env' },
    concurrency: { value: 8, origin: 'environment' },
  })
  expect(await settle(cwd)).toMatchObject({ concurrency: { value: 4, origin: 'package.json' } })
  expect(await settle(projectFolder({}))).toEqual({
    stage: { value: 'dev', origin: 'default' },
    seed: { value: 'attak', origin: 'default' },
    concurrency: { value: 256, origin: 'default' },
  })
})

test('every wrong value is told at once, with where it stands', async () => {
  const cwd = projectFolder({
    'package.json': '{ "attak": { "stagee": "x", "concurrency": 0 } }',
    '.env': 'ATTAK_STAGE=not a name',
  })
  const error = await settle(cwd).catch((thrown: AttakError) => thrown)
  expect((error as AttakError).problems.map(({ where }) => where)).toEqual([
    'package.json: attak.stagee',
    'ATTAK_STAGE',
    'package.json: attak.concurrency',
  ])
})

test.each(['0', '-1', '1.5', 'many', 'Infinity'])('%s is no number of handlers', async (value) => {
  await expect(settle(projectFolder({}), { concurrency: value })).rejects.toThrow('--concurrency')
})

test('.env adds to the environment what it lacks, from the nearest folder up to the package', async () => {
  const cwd = projectFolder({ 'package.json': '{}', '.env': "A=1\nB='two words'\nC=3", 'src/x': '' })
  const { added, variables, file } = await loadEnvironment(join(cwd, 'src/topology.ts'), { A: 'real' })
  expect(added).toEqual({ B: 'two words', C: '3' })
  expect(variables).toEqual({ A: 'real', B: 'two words', C: '3' })
  expect(file).toBe(join(cwd, '.env'))
})

test('.env.example lists exactly the variables that are read, with their defaults and meaning', () => {
  const example = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8')
  const blocks = SETTINGS.map(({ summary, variable, fallback }) => `# ${summary}\n${variable}=${fallback}\n`)
  expect(example.slice(example.indexOf('\n\n') + 2)).toBe(blocks.join('\n'))
})
