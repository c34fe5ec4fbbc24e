import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { FUNCTION_MODULES, functionModule } from '../../src/bundle/own-files.ts'
import { root } from '../install.ts'

test('what deployed functions are bundled of is there as source, and is built into what is published', () => {
  const names = Object.keys(FUNCTION_MODULES)
  const files = names.flatMap((name) => [functionModule(name)!, join(root, 'dist', `${name}.js`)])
  expect(files.filter((file) => !existsSync(file))).toEqual([])
  expect(functionModule('other')).toBeUndefined()
})
