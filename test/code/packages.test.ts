import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isInPackages, isLent, packageOf } from '../../src/code/packages.ts'

test('a specifier names its package, with its scope', () => {
  expect(['zod', 'zod/mini', '@scope/name', '@scope/name/part'].map(packageOf)).toEqual([
    'zod',
    'zod',
    '@scope/name',
    '@scope/name',
  ])
})

test('attak lends itself and zod, with their files', () => {
  expect(['attak', 'attak/testing', 'zod/mini', 'zods', '@attak/x'].filter(isLent)).toEqual([
    'attak',
    'attak/testing',
    'zod/mini',
  ])
})

test('a file belongs to a package if a parent folder holds packages', () => {
  expect(isInPackages(join('orders', 'node_modules', 'zod', 'index.js'))).toBe(true)
  expect(isInPackages(join('orders', 'node_modules.ts'))).toBe(false)
})
