import { join } from 'node:path'
import { expect, test } from 'vitest'
import { remedyForMissing } from '../../src/code/missing.ts'
import { folderOf } from '../cli/folder.ts'

const PROJECT = {
  'package.json': { dependencies: { dayjs: '1' }, devDependencies: { '@scope/helper': '1' } },
  'src/a.js': '',
  'node_modules/old/package.json': { dependencies: { dayjs: '1' } },
}
const remedyIn = (specifier: string, folder = 'src') => remedyForMissing(specifier, join(folderOf(PROJECT), folder))

test.each([
  ['dayjz', 'dayjs'],
  ['dayjz/plugin/utc.js', 'dayjs'],
  ['@scope/helpr', '@scope/helper'],
  ['@scpoe/helper', '@scope/helper'],
  ['Dayjs', 'dayjs'],
  ['atak', 'attak'],
  ['attk/testing', 'attak'],
])('a mistyped name is no package to install: %s is near %s', (specifier, meant) => {
  const remedy = remedyIn(specifier)
  expect(remedy).toMatch(`Did you mean "${meant}"?`)
  expect(remedy).not.toContain('npm install')
})

test.each(['express', '@other/thing', 'dayjs', 'p-limit'])(
  '%s, which is near no known name, is to be installed',
  (name) => {
    expect(remedyIn(name)).toBe(`Install it: npm install ${name}`)
  },
)

test('what an installed package requires is not mistyped', () => {
  expect(remedyIn('dayjz', 'node_modules/old')).toBe('Install it: npm install dayjz')
})

test.each([
  ['no package.json', { 'src/a.js': '' }],
  ['a package.json without an object', { 'package.json': '[]', 'src/a.js': '' }],
  ['a folder package.json', { 'package.json/a.js': '', 'src/a.js': '' }],
])('without names to compare it with, it is to be installed: %s', (_, files) => {
  expect(remedyForMissing('dayjz', join(folderOf(files), 'src'))).toBe('Install it: npm install dayjz')
})
