import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The right to use a file, of which one process at a time has it. It ends with the process, however that ends. */
export interface Lock {
  release(): void
}

/** The longest path of a socket. Source: unix(7), sun_path has 108 bytes, other systems have 104; read 2026-11-29. */
const MOST_PATH_BYTES = 103

/**
 * Takes the right to use a file; undefined if another process of this machine has it. Each process that wants it listens on a
 * socket of its own, and then looks whether another one answers. So of two that come at the same time, both may be refused, but
 * never both succeed. The socket of a process that was killed does not answer, and is removed.
 */
export async function takeLock(file: string): Promise<Lock | undefined> {
  const folder = folderOf(file)
  mkdirSync(folder, { recursive: true })
  const own = randomBytes(4).toString('hex')
  const server = createServer((socket) => socket.destroy())
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(join(folder, own), resolve))
  server.unref()
  const release = () => void server.close()
  for (const other of readdirSync(folder)) {
    if (other === own) continue
    if (await answers(join(folder, other))) {
      release()
      return undefined
    }
    rmSync(join(folder, other), { force: true })
  }
  return { release }
}

function folderOf(file: string): string {
  const beside = `${file}.lock`
  if (Buffer.byteLength(join(beside, '01234567')) <= MOST_PATH_BYTES) return beside
  return join(tmpdir(), `attak-${createHash('sha256').update(file).digest('hex').slice(0, 16)}`)
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code !== 'ECONNREFUSED' && code !== 'ENOENT'))
  })
}
