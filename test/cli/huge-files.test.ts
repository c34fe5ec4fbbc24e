import { truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { folderOf } from './folder.ts'
import { attak } from './spawned.ts'

it.each(['.env', 'tsconfig.json', 'package.json', 'topology.mjs'])('a %s of 3 GiB is refused with its name', (name) => {
  const folder = folderOf({ 'topology.mjs': "export default { name: 't', processors: { a() {} }, input: { a: 1 } }" })
  writeFileSync(join(folder, name), '')
  // It takes no room on the disk.
  truncateSync(join(folder, name), 3 * 2 ** 30)
  for (const command of ['simulate', 'check', 'graph']) {
    const { code, out, err } = attak(folder, command)
    expect(out + err).toContain('larger than 64 MiB')
    expect(out + err).toContain(name)
    expect([1, 2]).toContain(code)
  }
})
