import type { SourceWorld } from '../../runtime/source.ts'
import { type Stop, waitFor } from '../../runtime/stop.ts'
import type { TopologySource } from '../../topology/source.ts'
import type { Format } from '../content.ts'
import { createLineCutter, type Line } from '../lines.ts'
import { eventOfMessage } from '../message.ts'
import { createProgress, type Progress } from '../progress.ts'
import { MOST_LINE_BYTES } from '../rules.ts'
import { createTaking } from '../taking.ts'
import { type FilePosition, writePosition } from './position.ts'

/** Takes the lines of a followed file. */
export interface Reader {
  readonly progress: Progress<FilePosition>
  take(bytes: Buffer, at: FilePosition): Promise<void>
  begin(at: FilePosition): Promise<void>
  /** Resolves when every line that was taken is done. */
  settled(): Promise<void>
}

/** Makes the reader of a source. */
export function createReader(source: TopologySource, world: SourceWorld, stop: Stop): Reader {
  const { format = 'json', maxBytes = MOST_LINE_BYTES } = source.settings as { format?: Format; maxBytes?: number }
  const taking = createTaking(world)
  const progress = createProgress<FilePosition>()
  let cutter = createLineCutter(maxBytes)
  let at: FilePosition | undefined
  const takeLine = async ({ bytes, start, end }: Line) => {
    await stop.until(taking.room())
    if (stop.isStopped) return
    const done = progress.begin({ ...at!, offset: end })
    if (bytes === undefined) {
      const what = `the line at byte ${start} is longer than ${maxBytes} bytes, and is left out.`
      world.say(`source "${source.name}": ${what}`, 'warn')
    }
    if (bytes === undefined || bytes.length === 0) return done()
    const id = [at!.file, at!.generation, start]
    taking.take(eventOfMessage(source, { body: bytes, format, id }, world), done)
  }
  return {
    progress,
    async take(bytes, place) {
      at = place
      for (const line of cutter.take(bytes)) await takeLine(line)
    },
    async begin(place) {
      const rest = cutter.rest()
      if (rest !== undefined) await takeLine(rest)
      cutter = createLineCutter(maxBytes, place.offset)
      if (!stop.isStopped) progress.begin(place)()
    },
    settled: taking.settled,
  }
}

/** How often a position is written. */
const WRITE_MS = 1000

/** How positions are written. */
export interface PositionWriting {
  readonly world: Pick<SourceWorld, 'after'>
  readonly stop: Stop
  say(text: string): void
}

/** Writes how far a file is done, once a second and at the end. Returns what does that at the end. */
export function writePositions(
  place: string,
  progress: Progress<FilePosition>,
  { world, stop, say }: PositionWriting,
): () => void {
  let written: FilePosition | undefined
  let isFailing = false
  const write = () => {
    const { done } = progress
    if (done === undefined || done === written) return
    try {
      writePosition(place, done)
      written = done
      isFailing = false
    } catch (error) {
      const why = `${place} cannot be written: ${(error as Error).message}. After a restart, lines come again.`
      if (!isFailing) say(why)
      isFailing = true
    }
  }
  const loop = async () => {
    for (; !stop.isStopped; write()) await waitFor(world, WRITE_MS, stop)
  }
  void loop()
  return write
}
