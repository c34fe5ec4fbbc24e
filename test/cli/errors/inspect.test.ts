import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:http'
import type { Socket } from 'node:net'
import { resolve } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { errorsFile, openFileStore, SIMULATED_PART } from '../../../src/stores/file/store.ts'
import { folderOf } from '../folder.ts'
import { failed, ORDERS } from './world.ts'

/** What a debugger hears. */
interface Heard {
  readonly method?: string
  readonly params?: { readonly callFrames: readonly { readonly functionName: string; readonly url: string }[] }
}

/** A debugger on the inspector's WebSocket, as far as a test needs one: short messages, and what is heard of one kind. */
async function attach(url: string): Promise<{ say(method: string): void; paused(): Promise<Heard>; close(): void }> {
  const headers = {
    ...{ connection: 'Upgrade', upgrade: 'websocket' },
    ...{ 'sec-websocket-version': '13', 'sec-websocket-key': 'YXR0YWsgYXR0YWsgYXR0YQ==' },
  }
  const asked = request(url.replace('ws:', 'http:'), { headers }).end()
  const [, socket] = (await once(asked, 'upgrade')) as [unknown, Socket]
  let bytes = Buffer.alloc(0)
  const waiting: ((heard: Heard) => void)[] = []
  const heard: Heard[] = []
  socket.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk])
    for (let message = take(); message !== undefined; message = take()) {
      if (message.method !== 'Debugger.paused') continue
      const next = waiting.shift()
      if (next === undefined) heard.push(message)
      else next(message)
    }
  })
  /** Frames of a server: not masked, their length in 7, 16 or 64 bits. */
  const take = (): Heard | undefined => {
    const short = (bytes[1] ?? 0) & 127
    const start = short === 127 ? 10 : short === 126 ? 4 : 2
    if (bytes.length < start) return undefined
    const length = short === 127 ? Number(bytes.readBigUInt64BE(2)) : short === 126 ? bytes.readUInt16BE(2) : short
    if (bytes.length < start + length) return undefined
    const text = bytes.toString('utf8', start, start + length)
    bytes = bytes.subarray(start + length)
    return text.startsWith('{') ? (JSON.parse(text) as Heard) : {}
  }
  let id = 0
  return {
    say(method) {
      const text = Buffer.from(JSON.stringify({ id: ++id, method }))
      // A client masks its frames; a mask of zeros changes nothing.
      socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), text]))
    },
    paused: () =>
      new Promise((hear) => {
        const next = heard.shift()
        if (next === undefined) waiting.push(hear)
        else hear(next)
      }),
    close: () => socket.destroy(),
  }
}

test('--inspect waits for a debugger, and stops where the handler begins', async () => {
  const folder = folderOf(ORDERS)
  openFileStore(errorsFile(folder, SIMULATED_PART, 'orders')).append([failed(1)])
  const argv = ['errors', 'replay', '--all', '--simulated', '--inspect', '0']
  const child = spawn(process.execPath, [resolve('bin/attak.js'), ...argv], {
    cwd: folder,
    env: { PATH: process.env.PATH },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let [out, err] = ['', '']
  child.stdout.on('data', (chunk) => (out += chunk))
  const url = await new Promise<string>((found, fail) => {
    child.once('close', () => fail(new Error(err)))
    child.stderr.on('data', (chunk) => {
      err += chunk
      const address = /Debugger listening on (ws:\S+)/.exec(err)?.[1]
      if (address !== undefined) found(address)
    })
  })
  expect(err).toContain('Attach a debugger')
  const inspector = await attach(url)
  for (const method of ['Debugger.enable', 'Runtime.runIfWaitingForDebugger']) inspector.say(method)
  const before = (await inspector.paused()).params!.callFrames
  expect(before[0]!.functionName).toBe('apply')
  expect(out).toBe('')
  const stepped: string[] = []
  while (stepped.length < 3 && !stepped.includes('handler')) {
    inspector.say('Debugger.stepInto')
    stepped.push((await inspector.paused()).params!.callFrames[0]!.functionName)
  }
  expect(stepped.at(-1)).toBe('handler')
  inspector.say('Debugger.disable')
  // Node 20 crashes now and then where a debugger goes away in the middle of a handler.
  while (!out.includes('1 handled')) await once(child.stdout, 'data')
  const closed = once(child, 'close')
  inspector.close()
  const [code] = await closed
  expect([code, out]).toEqual([0, expect.stringContaining('1 handled')])
})
