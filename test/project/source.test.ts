import { execFileSync } from 'node:child_process'
import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { sourceReader } from '../../src/project/source.ts'
import { folderOf } from '../cli/folder.ts'

const EVER = Number.POSITIVE_INFINITY
const SECRET = 'key = 1\n'

test('only code of the workspace is read, not its other files or packages', () => {
  const workspace = folderOf({
    'package.json': { workspaces: ['apps/*'] },
    'apps/shop/package.json': {},
    'apps/shop/bill.ts': 'bill',
    'apps/shop/lib/tax.jsx': 'tax',
    'apps/shop/.env': SECRET,
    'apps/shop/secret.json': SECRET,
    'apps/shop/key.pem': SECRET,
    'apps/shop/.npmrc': SECRET,
    'apps/shop/code.js.bak': SECRET,
    'apps/shop/node_modules/p/index.js': 'package',
    'shared/stock.mjs': 'stock',
  })
  const read = sourceReader({ dir: join(workspace, 'apps/shop') })
  expect(read('bill.ts', EVER)).toBe('bill')
  expect(read('lib/tax.jsx', EVER)).toBe('tax')
  expect(read('../../shared/stock.mjs', EVER)).toBe('stock')
  for (const file of [
    '.env',
    'secret.json',
    'key.pem',
    '.npmrc',
    'code.js.bak',
    'node_modules/p/index.js',
    'lib',
    '',
  ]) {
    expect([file, read(file, EVER)]).toEqual([file, undefined])
  }
})

test('outside of the workspace only the files of the loaded project are read, under any name', () => {
  const outside = folderOf({ 'secret.js': SECRET, 'loaded.js': 'loaded', '.env': SECRET })
  const dir = folderOf({ 'package.json': {}, 'bill.js': 'bill' })
  symlinkSync(outside, join(dir, 'linked'))
  symlinkSync(join(outside, 'secret.js'), join(dir, 'linked.js'))
  symlinkSync(join(outside, '.env'), join(dir, 'env.js'))
  writeFileSync(join(dir, '.env'), SECRET)
  symlinkSync(join(dir, '.env'), join(dir, 'own-env.js'))
  const read = sourceReader({
    dir,
    files: [join(outside, 'loaded.js'), join(outside, '.env'), join(outside, 'gone.js')],
  })
  const secret = join(outside, 'secret.js')
  const names = [
    ...[
      secret,
      relative(dir, secret),
      pathToFileURL(secret).href,
      'linked/secret.js',
      'linked.js',
      'env.js',
      'own-env.js',
    ],
    ...[
      `./${relative(dir, secret)}`,
      relative(dir, secret).replaceAll('/', '%2F'),
      `${dir}/../${relative(join(dir, '..'), secret)}`,
    ],
    ...[join(outside, '.env'), 'node:fs.js', 'bill.js\0.js', '/dev/zero', '/proc/self/environ', `${dir}x/bill.js`],
  ]
  for (const name of names) expect([name, read(name, EVER)]).toEqual([name, undefined])
  expect(read(join(outside, 'loaded.js'), EVER)).toBe('loaded')
  expect(read('bill.js', EVER)).toBe('bill')
})

test('pipes, devices, folders and what is too large for code are not opened', () => {
  const dir = realpathSync(folderOf({ 'package.json': {}, 'large.js': ' '.repeat(5 * 1024 * 1024) }))
  execFileSync('mkfifo', [join(dir, 'pipe.js')])
  mkdirSync(join(dir, 'folder.js'))
  symlinkSync('/dev/zero', join(dir, 'zero.js'))
  symlinkSync('loop.js', join(dir, 'loop.js'))
  const read = sourceReader({ dir })
  for (const name of ['large.js', 'pipe.js', 'folder.js', 'zero.js', 'loop.js'])
    expect(read(name, EVER)).toBeUndefined()
})
