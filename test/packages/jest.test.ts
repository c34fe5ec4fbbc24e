import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { root } from '../install.ts'

const JEST = '30.5.2'

/** A project with Jest in its default configuration, and the packed attak. */
let project: string

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'attak-jest-'))
  run(root, process.execPath, '.ci/build.mjs', '--types')
  const [packed] = JSON.parse(run(root, 'npm', 'pack', '--json', '--ignore-scripts', '--pack-destination', project))
  writeFileSync(join(project, 'package.json'), '{ "private": true }')
  const quick = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund']
  run(project, 'npm', 'install', ...quick, `jest@${JEST}`, join(project, packed.filename))
})

afterAll(() => rmSync(project, { recursive: true, force: true }))

function run(cwd: string, command: string, ...args: string[]): string {
  return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

/** Runs a test file in Jest. Its process must end by itself. */
function jest(files: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(project, 'case-'))
  mkdirSync(folder, { recursive: true })
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  const bin = join(project, 'node_modules/jest/bin/jest.js')
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, '--rootDir', folder], {
    ...{ cwd: folder, encoding: 'utf8', timeout: 300_000 },
    env: { ...process.env, NODE_OPTIONS: '', VITEST: undefined },
  })
  return { status, text: stdout + stderr }
}

const TOPOLOGY = `import { Retry } from 'attak'
export default { name: 't', processors: {
  asks: (event, context) => { if (context.attempt === 1) throw new Retry(100); return context.emit('x', event) },
  fails: () => { throw new Error('no') },
} }`

const TEST = `const { Retry } = require('attak')
const attak = require('attak')
const { createTestDriver, AttakError } = require('attak/testing')

const closing = (driver) => driver.close()
const dataOf = (driver) => driver.outputs.map(({ data }) => data)

test('a topology in a file', async () => {
  const driver = await createTestDriver(__dirname + '/topology.mjs')
  await driver.send('asks', 1)
  await driver.drain()
  expect(dataOf(driver)).toEqual([1])
  await closing(driver)
})

test('Retry of a test', async () => {
  const handler = (event, context) => { if (context.attempt === 1) throw new Retry(5); context.emit('y', event) }
  const driver = await createTestDriver(__dirname + '/topology.mjs', { replace: { fails: handler } })
  await driver.send('fails', 1)
  await driver.drain()
  expect([driver.errors, dataOf(driver)]).toEqual([[], [1]])
  await closing(driver)
})

test('an error of the sandbox', async () => {
  const driver = await createTestDriver({ name: 'v', processors: { a() { throw new TypeError('of the sandbox') } } })
  await driver.send('a', 1)
  expect(driver.errors.map(({ record }) => record.error)).toMatchObject([{ name: 'TypeError', message: 'of the sandbox' }])
  await closing(driver)
})

test('AttakError', async () => {
  expect(attak.AttakError).toBe(AttakError)
  const error = await createTestDriver('nowhere').catch((thrown) => thrown)
  expect(error).toBeInstanceOf(AttakError)
  await expect(createTestDriver('nowhere')).rejects.toThrow(AttakError)
})
`

test('attak and attak/testing work in Jest without configuration, and the process ends', () => {
  const { status, text } = jest({ 'topology.mjs': TOPOLOGY, 'words.test.js': TEST })
  expect(text).toContain('Tests:       4 passed, 4 total')
  expect(text).not.toContain('did not exit')
  expect(status).toBe(0)
})
