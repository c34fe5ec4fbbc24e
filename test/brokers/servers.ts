import { connect } from 'node:net'
import { INSTALLS } from './install.ts'
import { startServer, type TestServer } from './process.ts'

/** Starts Redis. It keeps an append-only file, so a restart finds what it had. `args` are added to its command line. */
export function startRedis({ args = [] }: { readonly args?: readonly string[] } = {}): Promise<TestServer> {
  return startServer({
    name: 'redis',
    ports: 1,
    url: (port) => `redis://127.0.0.1:${port}`,
    prepare: (folder, [port]) => ({
      program: INSTALLS.redis(),
      args: [
        ...['--bind', '127.0.0.1', '--port', String(port), '--dir', folder, '--save', ''],
        ...['--appendonly', 'yes', '--appendfsync', 'everysec', ...args],
      ],
      // An error is an answer too: it may ask for a password.
      ready: () => asked(port!, 'PING\r\n', /^(?:\+PONG|-NOAUTH)/),
    }),
  })
}

/** Sends a text to a port of this machine, and waits for an answer. Rejects if another comes, or none. */
function asked(port: number, text: string, answer: RegExp): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    let got = ''
    const end = (error?: Error) => {
      socket.destroy()
      if (error === undefined) resolve()
      else reject(error)
    }
    socket.setTimeout(1000, () => end(new Error(`no answer on port ${port}`)))
    socket.on('error', end)
    socket.on('close', () => reject(new Error(`closed: ${got}`)))
    socket.on('data', (data) => {
      got += data.toString('latin1')
      if (answer.test(got)) end()
      else if (got.includes('\r\n')) end(new Error(`answered ${got}`))
    })
  })
}
