import { spawnSync } from 'node:child_process'
import { chmodSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { folderOf } from './folder.ts'
import { BIN } from './spawned.ts'

/** Root may read everything. */
const NOBODY = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}

/** Checks a project in which nobody may read the file `hidden`. */
function checkHiding(hidden: string, files: Readonly<Record<string, unknown>>) {
  const folder = folderOf({ [hidden]: '', ...files })
  chmodSync(folder, 0o755)
  for (const name of readdirSync(folder)) chmodSync(join(folder, name), name === hidden ? 0 : 0o644)
  const env = { ...process.env, HOME: '/dev/null' }
  return spawnSync(process.execPath, [BIN, 'check'], { cwd: folder, env, encoding: 'utf8', ...NOBODY })
}

test.each([
  ['topology.mjs', {}],
  ['topology.json', {}],
  ['topology.ts', {}],
  ['x.mjs', { 'topology.mjs': `import './x.mjs'\nexport default {}` }],
  ['x.cjs', { 'topology.cjs': `module.exports = require('./x.cjs')` }],
  ['x.ts', { 'topology.ts': `import './x.ts'\nexport default {}` }],
  ['a.mjs', { 'topology.mjs': `export default { name: 't', processors: { a: './a.mjs' } }` }],
  ['a.ts', { 'topology.mjs': `export default { name: 't', processors: { a: './a.ts' } }` }],
] as const)('a module without read permission is not an error of the code: %s', (hidden, files) => {
  const { status, stderr } = checkHiding(hidden, files)
  expect([status, stderr]).toEqual([
    1,
    expect.stringMatching(/^\[FILE_FAILED\] .*: permission denied \(EACCES, open\)/),
  ])
  expect(stderr).toContain(`${hidden}: `)
})

test.each([
  ['topology.mjs', `import { readFile } from 'node:fs/promises'\nawait readFile('secret.txt')`],
  ['topology.cjs', `require('node:fs').readFileSync('secret.txt')`],
])('the code reports a file that it may not read: %s', (name, source) => {
  const { status, stdout } = checkHiding('secret.txt', { [name]: source })
  expect([status, stdout]).toEqual([1, expect.stringMatching(/^\[TOPOLOGY_LOAD_FAILED\] .*EACCES/)])
})
