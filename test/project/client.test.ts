import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadClient } from '../../src/project/client.ts'
import { projectFolder } from './folder.ts'

const OWN = { 'node_modules/ioredis/package.json': '{}', 'node_modules/ioredis/index.js': 'exports.of = __filename' }

test('the client of a project goes before that of attak', async () => {
  const folder = projectFolder(OWN)
  const loaded = (await loadClient(folder, 'ioredis', 'a test')) as { readonly of: string }
  expect(loaded.of).toBe(join(realpathSync(folder), 'node_modules/ioredis/index.js'))
  expect(await loadClient(projectFolder({}), 'ioredis', 'a test')).toHaveProperty('Redis')
})

test('a missing client is an error with the command that installs it', async () => {
  const loading = loadClient(projectFolder({}), 'no-such-client', 'a source of type none')
  await expect(loading).rejects.toMatchObject({
    code: 'CLIENT_MISSING',
    message: expect.stringContaining('a source of type none needs the package "no-such-client"'),
    remedy: 'Run npm install no-such-client in the folder of the project.',
  })
})
