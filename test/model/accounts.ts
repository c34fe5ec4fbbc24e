import type { TranscriptEntry } from 'attak/testing'
import { type Block, blocksOf } from './blocks.ts'
import type { Case } from './case.ts'
import type { CaseRecord, CaseRun } from './child.ts'
import { channelOf, type Expected, type ExpectedAttempt, streamsOf, textOf } from './model.ts'

type Summary = Extract<TranscriptEntry, { kind: 'summary' }>

/** Returns what a run counts, records and really does differently from what the model expects; nothing when it is right. */
export function account(subject: Case, expected: Expected, run: CaseRun): string[] {
  const entries = run.transcript.map((line) => JSON.parse(line) as TranscriptEntry)
  const { blocks, late } = blocksOf(entries)
  const summary = entries.at(-1)
  return [
    ...recordsDiffer(expected, run.records, blocks),
    ...(summary?.kind === 'summary' ? summaryDiffers(expected, summary, late.length) : []),
    ...reallyDiffers(subject, run, blocks),
  ]
}

/** Each message that failed for good has one record, and so has each that did something after it had settled. */
function recordsDiffer(expected: Expected, records: readonly CaseRecord[], blocks: readonly Block[]): string[] {
  const ids = new Map(blocks.map(({ name, start }) => [name, start.message]))
  const placed = (kind: string, which: (attempt: ExpectedAttempt) => boolean) =>
    new Set(expected.attempts.filter(which).map(({ message }) => `${kind} ${message.to} ${ids.get(message.name)}`))
  const certain = new Set([
    ...placed('failed', ({ outcome }) => outcome === 'failed'),
    ...placed('late', ({ late }) => late === 'yes'),
  ])
  const possible = placed('late', ({ late }) => late === 'maybe')
  const told = records.map(({ kind, processor, message }) => `${kind} ${processor} ${message}`)
  const byId = new Map(records.map(({ id }, index) => [id, told[index]!]))
  return [
    ...[...certain].filter((one) => !told.includes(one)).map((one) => `no record: ${one}`),
    ...told.filter((one) => !certain.has(one) && !possible.has(one)).map((one) => `a record of nothing: ${one}`),
    ...records.filter(({ id }, index) => byId.get(id) !== told[index]).map(({ id }) => `two records have the id ${id}`),
  ]
}

/** `handled` counts the messages of a processor that went well, `emitted` what it emitted. */
function summaryDiffers({ attempts, failed }: Expected, summary: Summary, late: number): string[] {
  const handled: Record<string, number> = {}
  const emitted: Record<string, number> = {}
  let outputs = 0
  for (const { message, outcome, emits } of attempts) {
    handled[message.to] = (handled[message.to] ?? 0) + (outcome === 'ok' ? 1 : 0)
    emitted[message.to] = (emitted[message.to] ?? 0) + emits.length
    outputs += emits.filter(({ to }) => to.length === 0).length
  }
  const counts = (all: Readonly<Record<string, number>>) =>
    textOf(
      Object.entries(all)
        .filter(([, count]) => count > 0)
        .sort(),
    )
  const differs = (what: string, is: unknown, ought: unknown) => (is === ought ? [] : [`${what}: ${is}, not ${ought}`])
  return [
    ...differs('handled', counts(summary.handled), counts(handled)),
    ...differs('emitted', counts(summary.emitted), counts(emitted)),
    ...differs('outputs', summary.outputs, outputs),
    ...differs('failed', summary.failed, failed + late),
  ]
}

/** In real time, too, a handler starts when the one before it in its place has settled, and finds no other's context. */
function reallyDiffers(subject: Case, { probed }: CaseRun, blocks: readonly Block[]): string[] {
  const places = new Map<string, string>()
  for (const { start } of blocks) {
    const { processor, from, topic, key, message } = start
    if (from === undefined || topic === undefined || key === undefined) continue
    const stream = streamsOf(subject, from, topic).find(({ to }) => to === processor)
    if (stream !== undefined) {
      places.set(`${processor} ${message}`, textOf([channelOf(subject, stream), from, processor, key])!)
    }
  }
  const problems: string[] = []
  const running = new Map<string, string>()
  for (const { what, processor, message, attempt } of probed) {
    if (what === 'leak') problems.push(`${message} at ${processor} has the context of another`)
    const place = places.get(`${processor} ${message}`)
    if (place === undefined || !settles(subject, processor)) continue
    const one = `${message} ${attempt}`
    if (what === 'start' && running.has(place)) problems.push(`${one} runs beside ${running.get(place)}`)
    if (what === 'start') running.set(place, one)
    if (what === 'settle') running.delete(place)
  }
  return problems
}

/** Whether all handlers of a processor settle by themselves; the probe does not see the others. */
function settles({ processors }: Case, name: string): boolean {
  const { x, other } = processors[name]!.behavior
  const steps = [...x, ...other].flatMap((script) => script.steps)
  const awaits = steps.some((step) => step.do === 'emit' && step.take === 'await')
  return !awaits && [...x, ...other].every(({ end }) => end.end !== 'never' && end.end !== 'loose')
}
