import { rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { attak } from './fake-host.ts'
import { folderOf, HELLO } from './folder.ts'

describe('an input.json that is a link out of the project', () => {
  const linked = (content: string) => {
    const folder = folderOf(HELLO)
    const other = folderOf({ secret: content })
    rmSync(join(folder, 'input.json'))
    symlinkSync(join(other, 'secret'), join(folder, 'input.json'))
    return folder
  }

  test('is read', async () => {
    expect((await attak(linked('{"spout":"hello"}'), ['simulate'])).code).toBe(0)
  })

  test('is not quoted if it is not JSON, unless it was named', async () => {
    const folder = linked('root:x:0:0:secret')
    for (const command of ['simulate', 'check']) {
      const { code, out, err } = await attak(folder, [command])
      expect(code).toBe(1)
      expect(out + err).toContain('input.json:1:1: not JSON')
      expect(out + err).not.toMatch(/root|secret/)
    }
    expect((await attak(folder, ['simulate', '--input', 'input.json'])).err).toContain('root:x:0:0')
  })

  test('a file in the project is quoted', async () => {
    const folder = folderOf(HELLO)
    writeFileSync(join(folder, 'real.json'), 'plain')
    rmSync(join(folder, 'input.json'))
    symlinkSync('real.json', join(folder, 'input.json'))
    expect((await attak(folder, ['simulate'])).err).toContain('│ plain')
  })
})
