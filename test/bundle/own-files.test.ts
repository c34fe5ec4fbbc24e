import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
// @ts-expect-error: it has no types
import { functionModules } from '../../.ci/build.mjs'
import { functionModule } from '../../src/bundle/own-files.ts'
import { root } from '../install.ts'

test('the source of deployed functions exists, and is built into the published package', () => {
  const modules = Object.entries<string>(functionModules())
  expect(modules.map(([, file]) => join(root, file))).toEqual(
    modules.map(([, file]) => functionModule(file.slice('src/'.length, -'.ts'.length))),
  )
  expect(modules.map(([name]) => join(root, 'dist', `${name}.js`)).filter((file) => !existsSync(file))).toEqual([])
})
