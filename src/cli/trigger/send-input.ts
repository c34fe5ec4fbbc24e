import type { InputEvent } from '../../topology/topology.ts'
import { drawCount } from '../../view/duration.ts'
import { colorsOf, drawJsonLine, hang } from '../../view/print.ts'
import { MOST_TRACES } from '../follow.ts'
import type { Host } from '../host.ts'
import type { RunInput } from '../input.ts'
import { drawBrokenOff, drawUnanswered, sendAll, type Triggered } from '../send.ts'

/** The events of an input that were accepted. */
export interface SentInput {
  readonly accepted: number
  /** By root. Of more than `MOST_TRACES`, only some are known. */
  readonly sent: ReadonlyMap<string, Triggered>
  /** The processors that they were for. */
  readonly receivers: ReadonlySet<string>
}

/** Where and how events are sent. */
export interface SendInputOptions {
  readonly input: RunInput
  readonly send: (event: InputEvent) => Promise<Triggered>
  /** Where they go, for people. */
  readonly place: string
  readonly json: boolean
}

/** Sends all events of an input, and prints what was accepted. Throws what was refused, after the rest has its answer. */
export async function sendInput({ input, send, place, json }: SendInputOptions, host: Host): Promise<SentInput> {
  const sent = new Map<string, Triggered>()
  const receivers = new Set<string>()
  let [asked, accepted] = [0, 0]
  const sendCounted = (event: InputEvent) => {
    asked++
    return send(event)
  }
  try {
    const unanswered = await sendAll(input.chunks, sendCounted, host.signal, (triggered) => {
      accepted++
      receivers.add(triggered.to)
      if (sent.size <= MOST_TRACES) sent.set(triggered.root, triggered)
      if (json) host.out.write(drawJsonLine({ kind: 'accepted', ...triggered }))
    })
    host.err.tell(drawUnanswered(unanswered))
  } catch (error) {
    host.err.tell(drawBrokenOff(accepted, asked))
    throw error
  } finally {
    for (const note of input.notes()) host.err.tell(`${hang(note)}\n`)
  }
  if (!json) host.out.tell(drawAccepted(accepted, sent, place, host))
  return { accepted, sent, receivers }
}

function drawAccepted(accepted: number, sent: SentInput['sent'], place: string, host: Host): string {
  const [root] = sent.keys()
  const traced = accepted === 1 ? `trace ${root}` : ''
  const colors = colorsOf(host.out)
  const line = `${colors.green('✓')} ${drawCount(accepted, 'event')} accepted by ${place}`
  return `${line}${traced === '' ? '' : colors.dim(` (${traced})`)}\n`
}
