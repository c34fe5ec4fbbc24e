import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { LANGUAGES, TEMPLATES } from '../src/project/template.ts'
import { install, root } from './install.ts'

const kinds = Object.keys(TEMPLATES).flatMap((template) => LANGUAGES.map((language) => ({ template, language })))

/** The last lines of a run's transcript with its results. */
const summaries: Readonly<Record<string, object>> = {
  'hello-world': { handled: { spout: 1, reverse: 4 }, emitted: { spout: 4, reverse: 4 }, outputs: 4, failed: 0 },
  orders: {
    handled: { intake: 3, billing: 3, packing: 3, mailer: 6 },
    emitted: { intake: 3, billing: 3, packing: 3, mailer: 6 },
    outputs: 6,
    failed: 0,
  },
}

describe.each(kinds)('$template in $language', ({ template, language }) => {
  let folder: string
  let project: string
  beforeAll(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'attak-template-test-')))
    project = join(folder, 'fresh')
    const made = attak(folder, 'init', 'fresh', '--template', template, '--language', language)
    expect(made).toMatchObject({ status: 0, stderr: '' })
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('passes check and runs, without an installation', () => {
    expect(attak(project, 'check')).toMatchObject({ status: 0, stderr: '' })
    const { status, stdout } = attak(project, 'simulate', '--json')
    const lines = stdout.trim().split('\n')
    expect(status).toBe(0)
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ kind: 'summary', ...summaries[template] })
    expect(readdirSync(project)).not.toContain('node_modules')
  })

  test('has tests that pass after an installation', () => {
    install(project)
    const tests = run(project, 'npm', 'test')
    expect(tests.status, tests.stdout + tests.stderr).toBe(0)
    expect(tests.stdout).toMatch(/Tests +[1-9]\d* passed/)
  })
})

test('the template orders shows how an order that does not fit is refused', () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'attak-template-test-')))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  attak(folder, 'init', 'fresh', '--template', 'orders', '--language', 'javascript')
  const { status, stdout } = attak(join(folder, 'fresh'), 'simulate', '--input', 'refused.json')
  expect(status).toBe(1)
  expect(stdout).toContain('items.0.quantity')
})

function attak(cwd: string, ...args: string[]) {
  return run(cwd, process.execPath, join(root, 'bin/attak.js'), ...args)
}

function run(cwd: string, command: string, ...args: string[]) {
  const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined, TEST_RESULTS: undefined, VITEST: undefined }
  return spawnSync(command, args, { cwd, env, encoding: 'utf8' })
}
