import { once } from 'node:events'
import { mkdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { SourceMap } from 'node:module'
import type { AddressInfo } from 'node:net'
import { join, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import { startInspected } from '../debugger.ts'
import { attak } from '../fake-host.ts'
import { folderOf } from '../folder.ts'
import { attak as runAttak } from '../spawned.ts'

const TYPED = {
  'package.json': { type: 'module', main: 'topology.ts' },
  'topology.ts': `export default {
  name: 'typed',
  processors: { spout: { path: './spout.ts', timeout: 1 } },
}
`,
  'spout.ts': `interface Line {
  readonly text: string
}

export async function handler(event: Line, context: { emit(topic: string, data: string): Promise<void> }) {
  const words: string[] = event.text.split(' ')
  for (const word of words) await context.emit('word', word)
}
`,
  'input.json': { spout: { text: 'hello world' } },
}

/** The place in the script that an editor finds for a line of a source, by the source map that the script names. */
function placeOf(file: string, line: number, sourceMapUrl: string): { lineNumber: number } | undefined {
  const [, base64 = ''] = sourceMapUrl.split('base64,')
  const map = new SourceMap(JSON.parse(Buffer.from(base64, 'base64').toString('utf8')))
  for (let lineNumber = 0; lineNumber < 100; lineNumber++) {
    const entry = map.findEntry(lineNumber, 4)
    const isHere = 'originalSource' in entry && entry.originalSource === pathToFileURL(file).href
    if (isHere && entry.originalLine === line - 1) return { lineNumber }
  }
  return undefined
}

describe('attak simulate --inspect', () => {
  test('stops at a breakpoint in TypeScript, which an editor finds by the source map in the project', async () => {
    const folder = folderOf(TYPED)
    mkdirSync(join(folder, 'node_modules'))
    const { child, out, err, debugger: inspector } = await startInspected(['simulate', '--inspect', '0'], folder)
    expect(err()).toContain('It pauses at your breakpoints')
    expect(out()).toBe('')
    inspector.send('Debugger.enable')
    inspector.send('Debugger.setInstrumentationBreakpoint', { instrumentation: 'beforeScriptWithSourceMapExecution' })
    inspector.send('Runtime.runIfWaitingForDebugger')
    const source = join(folder, 'spout.ts')
    for (let isSet = false; !isSet; ) {
      const { params } = await inspector.next('Debugger.paused')
      const { url, sourceMapURL } = params.data
      const place = url.startsWith('file:') && placeOf(source, 6, sourceMapURL)
      if (place) {
        // What VS Code reads: `"resolveSourceMapLocations": ["${workspaceFolder}/**", "!**/node_modules/**"]`.
        const script = fileURLToPath(url)
        expect(script.startsWith(folder + sep)).toBe(true)
        expect(script).not.toContain('node_modules')
        inspector.send('Debugger.setBreakpointByUrl', { url, ...place })
        isSet = true
      }
      inspector.send('Debugger.resume')
    }
    let paused = await inspector.next('Debugger.paused')
    while (paused.params.reason === 'instrumentation') {
      inspector.send('Debugger.resume')
      paused = await inspector.next('Debugger.paused')
    }
    expect(paused.params.hitBreakpoints).toHaveLength(1)
    expect(paused.params.callFrames[0].functionName).toBe('handler')
    // Longer than the handler's timeout.
    await new Promise((resume) => setTimeout(resume, 1100))
    inspector.send('Debugger.disable')
    while (!out().includes('world')) await once(child.stdout!, 'data')
    const closed = once(child, 'close')
    inspector.close()
    expect([(await closed)[0], out()]).toEqual([0, expect.stringContaining('world')])
    expect(readFileSync(join(folder, '.attak', '.gitignore'), 'utf8')).toBe('*\n')
  })

  test('refuses what is not a port, and a port that is taken', async () => {
    const folder = folderOf(TYPED)
    for (const port of ['x', '70000', '-1', '1.5']) {
      expect(await attak(folder, ['simulate', `--inspect=${port}`])).toMatchObject({
        code: 2,
        err: expect.stringContaining(`--inspect: "${port}" is not a port`),
      })
    }
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const { code, err } = runAttak(folder, 'simulate', '--inspect', String(port))
    server.close()
    expect([code, err]).toEqual([2, expect.stringContaining(`--inspect: port ${port} cannot be opened`)])
  })
})
