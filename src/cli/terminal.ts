import { escapedJson, visible } from '../view/controls.ts'
import { wrapLines } from '../view/wrap.ts'

/** A destination of a command's text. */
export interface Terminal {
  /**
   * Writes text for people; control characters in it become visible: see `controls.ts`. Returns false when the reader
   * is behind; `drained` then returns the promise to wait for. Dropped once `isClosed`.
   */
  write(text: string): boolean
  /** Writes whole lines that people read: on a terminal, lines that are too long break between words. Otherwise like `write`. */
  tell(text: string): boolean
  /** Writes JSON, in which control characters are escaped so that its values stay the same. Otherwise like `write`. */
  writeJson(json: string): boolean
  /** Resolves when all that was written has been taken. */
  drained(): Promise<void>
  /** Nothing can be written any more: the reader has gone (`attak … | head`), or writing has failed. */
  readonly isClosed: boolean
  /** Why writing has failed: a full disk. That the reader has gone is no failure. */
  readonly failure: Error | undefined
  readonly isTTY: boolean
  /** Columns; 80 when unknown. */
  readonly columns: number
  /** Whether colour belongs here: a terminal, or FORCE_COLOR, and neither NO_COLOR nor `--no-color`. */
  readonly color: boolean
}

/** A destination of unchanged text. */
export type Output = Omit<Terminal, 'tell' | 'writeJson'>

/** Makes a terminal of an output: whatever is written to it goes through here, and no text can command it. */
export function terminalTo(output: Output): Terminal {
  return Object.create(output, {
    write: { value: (text: string) => output.write(visible(text)) },
    tell: { value: (text: string) => output.write(visible(output.isTTY ? wrapLines(text, output.columns) : text)) },
    writeJson: { value: (json: string) => output.write(escapedJson(json)) },
  })
}
