import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:http'
import type { Socket } from 'node:net'
import { resolve } from 'node:path'
import { onTestFinished } from 'vitest'

/** A message of the inspector: an event, or the answer to a command. */
export interface InspectorMessage {
  readonly id?: number
  readonly method?: string
  // biome-ignore lint/suspicious/noExplicitAny: the inspector's protocol has hundreds of shapes.
  readonly params?: any
}

/** A debugger on the inspector's WebSocket, as far as tests need one: its commands are short. */
export interface Debugger {
  send(method: string, params?: object): void
  /** Resolves with the next event of this kind that no earlier call has had. */
  next(method: string): Promise<InspectorMessage>
  close(): void
}

/** A command that runs under `--inspect`, with a debugger attached to it. */
export interface Inspected {
  readonly child: ChildProcess
  readonly out: () => string
  readonly err: () => string
  readonly debugger: Debugger
}

/** Starts attak with a command line that has `--inspect 0`, and attaches a debugger. */
export async function startInspected(argv: readonly string[], cwd: string): Promise<Inspected> {
  const env = { PATH: process.env.PATH, HOME: cwd }
  const child = spawn(process.execPath, [resolve('bin/attak.js'), ...argv], { cwd, env })
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
  return { child, out: () => out, err: () => err, debugger: await attach(url) }
}

async function attach(url: string): Promise<Debugger> {
  const headers = {
    ...{ connection: 'Upgrade', upgrade: 'websocket' },
    ...{ 'sec-websocket-version': '13', 'sec-websocket-key': 'YXR0YWsgYXR0YWsgYXR0YQ==' },
  }
  const asked = request(url.replace('ws:', 'http:'), { headers }).end()
  const [, socket] = (await once(asked, 'upgrade')) as [unknown, Socket]
  let bytes = Buffer.alloc(0)
  const waiting: { method: string; take: (message: InspectorMessage) => void }[] = []
  const events: InspectorMessage[] = []
  socket.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk])
    for (let message = read(); message !== undefined; message = read()) {
      if (message.method === undefined) continue
      const at = waiting.findIndex(({ method }) => method === message!.method)
      if (at === -1) events.push(message)
      else waiting.splice(at, 1)[0]!.take(message)
    }
  })
  /** Frames of a server: not masked, their length in 7, 16 or 64 bits. */
  const read = (): InspectorMessage | undefined => {
    const short = (bytes[1] ?? 0) & 127
    const start = short === 127 ? 10 : short === 126 ? 4 : 2
    if (bytes.length < start) return undefined
    const length = short === 127 ? Number(bytes.readBigUInt64BE(2)) : short === 126 ? bytes.readUInt16BE(2) : short
    if (bytes.length < start + length) return undefined
    const text = bytes.toString('utf8', start, start + length)
    bytes = bytes.subarray(start + length)
    return text.startsWith('{') ? (JSON.parse(text) as InspectorMessage) : {}
  }
  let id = 0
  return {
    send(method, params = {}) {
      const text = Buffer.from(JSON.stringify({ id: ++id, method, params }))
      const length = text.length < 126 ? [0x80 | text.length] : [0x80 | 126, text.length >> 8, text.length & 255]
      // A client masks its frames; a mask of zeros changes nothing.
      socket.write(Buffer.concat([Buffer.from([0x81, ...length, 0, 0, 0, 0]), text]))
    },
    next: (method) =>
      new Promise((take) => {
        const at = events.findIndex((event) => event.method === method)
        if (at === -1) waiting.push({ method, take })
        else take(events.splice(at, 1)[0]!)
      }),
    close: () => socket.destroy(),
  }
}
