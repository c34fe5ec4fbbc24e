import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'

/** Makes a temporary folder with these files (objects are written as JSON), gone when the test ends, and gives its path. */
export function folderOf(files: Readonly<Record<string, unknown>>): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'attak-cli-')))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  for (const [name, content] of Object.entries(files)) {
    const file = join(folder, name)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
  }
  return folder
}

/** The files of a topology whose spout emits what it gets and whose reverse emits it reversed. */
export const HELLO = {
  'package.json': { type: 'module', main: 'topology.js' },
  'topology.js': `export default {
  name: 'hello',
  processors: { spout: './spout', reverse: './reverse' },
  streams: [['spout', 'reverse', 'text']],
}
`,
  'spout.js': `export const handler = (event, context) => context.emit('text', event)\n`,
  'reverse.js': `export async function handler(event, context) {
  await context.emit('reversed strings', [...event].reverse().join(''))
}
`,
  'input.json': { spout: 'hello' },
} as const
