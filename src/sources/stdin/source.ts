import type { OpenSources, Source, SourceWorld } from '../../runtime/source.ts'
import { createStop, type Stop } from '../../runtime/stop.ts'
import type { TopologySource } from '../../topology/source.ts'
import type { Format } from '../content.ts'
import { createLineCutter, type Line } from '../lines.ts'
import { eventOfMessage } from '../message.ts'
import { LINE_RULES, MOST_LINE_BYTES } from '../rules.ts'
import { createTaking, type Taking } from '../taking.ts'

/** Lines of the standard input. */
export const stdin: Source = {
  rules: { settings: LINE_RULES },
  async check([, ...more]) {
    return more.map(({ name }) => ({ source: name, setting: 'type', what: 'is "stdin" already in another source' }))
  },
  async open([source], world) {
    return openStdin(source!, world)
  },
}

function openStdin(source: TopologySource, world: SourceWorld): OpenSources {
  const input = world.stdin()
  const taking = createTaking(world)
  const stop = createStop()
  const ended = readLines(source, world, { input, stop, taking })
    .catch((error: Error) => {
      world.say(`source "${source.name}": stdin cannot be read: ${error.message}`, 'error')
    })
    .then(taking.settled)
  return {
    lines: [`stdin → ${source.to}`],
    ended,
    async stop() {
      stop.stop()
      await ended
      // A stream that is open keeps the process alive.
      input.destroy?.()
    },
  }
}

interface Reading {
  readonly input: AsyncIterable<Uint8Array>
  readonly stop: Stop
  readonly taking: Taking
}

async function readLines(source: TopologySource, world: SourceWorld, reading: Reading): Promise<void> {
  const { format = 'json', maxBytes = MOST_LINE_BYTES } = source.settings as { format?: Format; maxBytes?: number }
  const { input, stop, taking } = reading
  const blocks = input[Symbol.asyncIterator]()
  const cutter = createLineCutter(maxBytes)
  let number = 0
  const take = async ({ bytes }: Line) => {
    number++
    if (bytes === undefined) {
      world.say(`source "${source.name}": line ${number} is longer than ${maxBytes} bytes, and is left out.`, 'warn')
    } else if (bytes.length > 0) {
      await taking.room()
      taking.take(eventOfMessage(source, { body: bytes, format }, world), () => {})
    }
  }
  for (;;) {
    const next = await stop.until(blocks.next())
    if (next === undefined) return
    const lines = next.done ? [cutter.rest()] : cutter.take(Buffer.from(next.value))
    // Lines that were read are taken, also when it is stopped meanwhile: nobody else can read them.
    for (const line of lines) if (line !== undefined) await take(line)
    if (next.done) return
  }
}
