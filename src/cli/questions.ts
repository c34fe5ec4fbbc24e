import { type Readable, Writable } from 'node:stream'
import { confirm, isCancel, select, text } from '@clack/prompts'
import { own, visible } from '../view/controls.ts'
import type { Host } from './host.ts'

/**
 * Asks for a text on the host's terminal (stderr); an empty answer is the default. Asks again if `refusal` returns a
 * reason against the answer. Returns undefined when the user cancels.
 */
export async function askText(
  message: string,
  defaultValue: string,
  refusal: (answer: string) => string | undefined,
  host: Host,
): Promise<string | undefined> {
  const validate = (answer: string | undefined) => refusal(answer || defaultValue)
  const answer = await text({
    message: visible(message),
    defaultValue,
    placeholder: visible(defaultValue),
    validate,
    ...terminalOf(host),
  })
  return isCancel(answer) ? brokenOff(host) : answer
}

/** Asks for one of `values`, the first being the default. Undefined when the user breaks off. */
export async function askChoice<Value extends string>(
  message: string,
  values: readonly Value[],
  hints: Readonly<Partial<Record<Value, string>>>,
  host: Host,
): Promise<Value | undefined> {
  const options = values.map((value: string) => ({ value, hint: hints[value as Value] ?? '' }))
  const answer = await select<string>({ message: visible(message), options, ...terminalOf(host) })
  return isCancel(answer) ? brokenOff(host) : (answer as Value)
}

/** Asks yes or no, no being the default. False when the user breaks off. */
export async function askYes(message: string, host: Host): Promise<boolean> {
  const answer = await confirm({ message: visible(message), initialValue: false, ...terminalOf(host) })
  return isCancel(answer) ? (brokenOff(host) ?? false) : answer
}

/** Ctrl-C at a question is a key and no signal. */
function brokenOff(host: Host): undefined {
  host.interrupt()
}

function terminalOf(host: Host) {
  const output = new Writable({
    decodeStrings: false,
    write(chunk, _encoding, done) {
      host.err.write(own(String(chunk)))
      done()
    },
  })
  const { isTTY, columns } = host.err
  return { input: host.stdin as Readable, output: Object.assign(output, { isTTY, columns }), signal: host.signal }
}
