import { readFileSync } from 'node:fs'
import { atPath, errorOf } from '../errors.ts'
import { fieldsOf } from '../runtime/text.ts'
import { decodeText } from '../runtime/utf8.ts'
import { shown } from './find.ts'
import { isSpecial, isTooLarge, TOO_LARGE_FILE } from './modules.ts'

/**
 * Reads a file of JSON5 that holds an object. Throws CONFIG_INVALID, with line and column for what is no JSON5, and FILE_FAILED.
 */
export async function readJson5(file: string, cwd: string): Promise<Readonly<Record<string, unknown>>> {
  const name = shown(file, cwd)
  const fail = (where: string, what: string, remedy: string) =>
    errorOf([{ code: 'CONFIG_INVALID', severity: 'error', where, what, remedy, inFile: true }])
  if (isSpecial(file)) throw fail(name, 'is a pipe, a socket or a device', 'Put a regular file there.')
  if (isTooLarge(file)) throw fail(name, `is ${TOO_LARGE_FILE}`, 'Put a smaller file there.')
  const decoded = decodeText(
    atPath(file, () => readFileSync(file)),
    { isStart: true },
  )
  if (decoded.kind !== 'text') throw fail(name, decoded.what, 'Write it as UTF-8.')
  const { default: json5 } = await import('json5')
  let value: unknown
  try {
    value = json5.parse(decoded.text)
  } catch (error) {
    const { message, lineNumber, columnNumber } = error as SyntaxError & Partial<Record<string, number>>
    const where = lineNumber === undefined ? name : `${name}:${lineNumber}:${columnNumber}`
    const why = message.replace(/^JSON5: /, '').replace(/ at \d+:\d+$/, '')
    throw fail(where, `not JSON5: ${why}`, 'Correct it there.')
  }
  const fields = fieldsOf(value)
  if (fields === undefined) throw fail(name, 'is not an object', 'Write { … }.')
  return fields
}
