import { type FileHandle, mkdir, open } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { createBulk } from '../bulk.ts'
import { receiverOf, TEXT } from '../receiver.ts'

const YES_OR_NO = { must: 'true or false', fits: (value: unknown) => typeof value === 'boolean' }

/**
 * Appends each message to a file, as one line of JSON. A message that is delivered again is written again: with `envelope`, each
 * line is `{ id, message }`, and readers can tell.
 */
export const fileReceiver = receiverOf({
  name: 'file',
  rules: { path: { ...TEXT, must: 'the path of a file', isRequired: true }, envelope: YES_OR_NO, sync: YES_OR_NO },
  open({ path, envelope = false, sync = false }) {
    const file = resolve(String(path))
    let last: Promise<unknown> = Promise.resolve()
    const append = async (lines: readonly string[]) => {
      await mkdir(dirname(file), { recursive: true })
      const handle = await open(file, 'a+')
      try {
        await handle.writeFile((await endsInLine(handle)) ? lines.join('') : `\n${lines.join('')}`)
        if (sync === true) await handle.sync()
      } finally {
        await handle.close()
      }
      return []
    }
    const bulk = createBulk<string>({
      most: 10_000,
      mostBytes: 8 * 1024 * 1024,
      // One after the other: two writes at once could mix their lines.
      write(lines) {
        const written = last.then(() => append(lines))
        last = written.catch(() => {})
        return written
      },
    })
    return {
      async handle(message, { id }) {
        const line = `${JSON.stringify(envelope === true ? { id, message } : (message ?? null))}\n`
        await bulk.add(line, Buffer.byteLength(line))
      },
      close: bulk.idle,
    }
  },
})

/** A write that broke off leaves a part of a line: the next line must not continue it. */
async function endsInLine(handle: FileHandle): Promise<boolean> {
  const { size } = await handle.stat()
  if (size === 0) return true
  const { buffer } = await handle.read({ buffer: Buffer.alloc(1), position: size - 1 })
  return buffer[0] === LINE_BREAK
}

const LINE_BREAK = 10

export default fileReceiver
