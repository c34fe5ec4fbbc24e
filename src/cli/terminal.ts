import { escapedJson, visible } from '../view/controls.ts'
import type { Terminal } from './host.ts'

/** Where text goes as it is. */
export type Output = Omit<Terminal, 'writeJson'>

/** Makes a terminal of an output: whatever is written to it goes through here, and no text can command it. */
export function terminalTo(output: Output): Terminal {
  return Object.create(output, {
    write: { value: (text: string) => output.write(visible(text)) },
    writeJson: { value: (json: string) => output.write(escapedJson(json)) },
  })
}
