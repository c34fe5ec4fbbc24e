import type { SourceEvent } from '../../runtime/source.ts'
import { dataOfBytes, type Format } from '../content.ts'
import { rootId } from '../message.ts'
import type { RedisParts } from './connect.ts'

/** An entry of a stream, with names and values in turn; without them if it was deleted. */
export type Entry = readonly [id: Buffer, fields: readonly Buffer[] | null]

/** Settings of a stream, with their defaults. */
export interface StreamSettings {
  readonly stream: string
  readonly group: string
  readonly from: 'start' | 'end'
  readonly field: string | undefined
  readonly claimMs: number
  readonly format: Format
}

const CLAIM_SECONDS = 30

/** Returns the settings of a source that reads a stream. */
export function settingsOf({ source: { name, settings }, world }: RedisParts): StreamSettings {
  const { stream, group = `attak:${world.scope}/${name}`, from = 'start', field, format = 'json' } = settings
  const { claimAfter = CLAIM_SECONDS } = settings
  return { stream, group, from, field, format, claimMs: Number(claimAfter) * 1000 } as StreamSettings
}

/** Makes the event of an entry: the data of one field, or an object of all. */
export function eventOfEntry(
  { source, world }: RedisParts,
  { stream, field, format }: StreamSettings,
  id: string,
  fields: readonly Buffer[],
): SourceEvent {
  const pairs = Array.from({ length: fields.length / 2 }, (_, index) => {
    return [fields[2 * index]!.toString(), fields[2 * index + 1]!] as const
  })
  const one = pairs.find(([name]) => name === field)
  const all = () => Object.fromEntries(pairs.map(([name, value]) => [name, dataOfBytes(value, format)]))
  return {
    to: source.to,
    event: one === undefined ? all() : dataOfBytes(one[1], format),
    ...(source.topic !== undefined && { topic: source.topic }),
    id: rootId(world, source, [stream, id]),
  }
}
