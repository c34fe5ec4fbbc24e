import type { TranscriptEntry } from 'attak/testing'
import { type Block, blocksOf } from './blocks.ts'
import type { Case } from './case.ts'
import { channelOf, type Expected, type ExpectedAttempt, streamsOf, textOf } from './model.ts'

/** Returns the differences between a transcript and the model; none if it is right. */
export function compare(subject: Case, expected: Expected, entries: readonly TranscriptEntry[]): string[] {
  const { blocks, late, problems } = blocksOf(entries)
  return [
    ...problems,
    ...attemptsDiffer(expected, blocks),
    ...timesDiffer(subject, blocks),
    ...orderDiffers(subject, blocks),
    ...lateDiffers(
      expected,
      late.map(({ message }) => message),
      blocks,
    ),
  ]
}

/** The transcript has exactly the attempts that the model expects, with their emits and ends. */
function attemptsDiffer(expected: Expected, blocks: readonly Block[]): string[] {
  const missing = new Map<string, ExpectedAttempt[]>()
  for (const attempt of expected.attempts) {
    const text = expectedText(attempt)
    missing.set(text, [...(missing.get(text) ?? []), attempt])
  }
  const problems: string[] = []
  for (const block of blocks) {
    const attempt = missing.get(toldText(block))?.pop()
    if (attempt === undefined) problems.push(`not expected: ${toldText(block)}`)
    else problems.push(...endDiffers(attempt, block))
  }
  for (const text of [...missing].flatMap(([text, left]) => left.map(() => text))) problems.push(`missing: ${text}`)
  return problems
}

function expectedText({ message, attempt, outcome, emits, logs }: ExpectedAttempt): string {
  const { name, to, from, topic, key, hop, event } = message
  const told = emits.map((emit) => [emit.name, emit.topic, emit.key ?? null, emit.data ?? null, [...emit.to].sort()])
  return JSON.stringify({ name, to, from, topic, key, hop, event, attempt, outcome, emits: told, logs })
}

function toldText({ start, emits, emitNames, logs, end, name }: Block): string {
  const { processor: to, from, topic, key, hop, attempt } = start
  const told = emits.map((emit, index) => [
    emitNames[index],
    emit.topic,
    emit.key ?? null,
    textOf(emit.data) ?? null,
    [...emit.to].sort(),
  ])
  const texts = logs.map(({ text }) => text)
  const { outcome } = end
  const event = textOf(start.event)
  return JSON.stringify({ name, to, from, topic, key, hop, event, attempt, outcome, emits: told, logs: texts })
}

function endDiffers({ errors, outcome, waitMs }: ExpectedAttempt, { start, end, name }: Block): string[] {
  const problems: string[] = []
  const said = `${end.error?.message} ${(end.error as { code?: string } | undefined)?.code}`
  if (errors?.every((error) => !said.includes(error))) problems.push(`${name} failed of "${said}", not of "${errors}"`)
  if ((end.error === undefined) !== (outcome === 'ok')) problems.push(`${name} is ${outcome}, its error "${said}"`)
  if (end.at !== start.at) problems.push(`${name} took virtual time`)
  const wait = end.retryAt === undefined ? undefined : end.retryAt - end.at
  const right =
    waitMs === undefined ? wait === undefined : wait !== undefined && wait >= Math.floor(waitMs[0]) && wait <= waitMs[1]
  if (!right) problems.push(`${name} waits ${wait} ms, not ${waitMs}`)
  return problems
}

/** A message without a key starts when it is emitted; one with a key may wait for others. Tries start when they are due. */
function timesDiffer(_subject: Case, blocks: readonly Block[]): string[] {
  const problems: string[] = []
  const due = new Map<string, number[]>()
  const push = (key: string, at: number) => due.set(key, [...(due.get(key) ?? []), at])
  const freed = new Set<string>()
  let nowMs = 0
  for (const { start, emits, end, name } of blocks) {
    const { processor, message, attempt, at, key } = start
    if (at < nowMs) problems.push(`${name} starts at ${at}, after something at ${nowMs}`)
    nowMs = at
    const identity = textOf([processor, message, attempt])!
    const times = due.get(identity) ?? (start.parent === undefined && attempt === 1 ? [0] : [])
    const index = times.findIndex((time) => time === at || (time < at && attempt === 1 && key !== undefined))
    const time = times[index]
    if (time === undefined) problems.push(`attempt ${attempt} of ${name} at ${processor} starts at ${at}: not then`)
    else if (time < at && !freed.has(textOf([processor, key, at])!)) problems.push(`${name} waited for no other`)
    if (index >= 0) times.splice(index, 1)
    for (const emit of emits) for (const to of emit.to) push(textOf([to, emit.id, 1])!, at)
    if (end.retryAt !== undefined) push(textOf([processor, message, attempt + 1])!, end.retryAt)
    else if (key !== undefined) freed.add(textOf([processor, key, at])!)
  }
  for (const [identity, times] of due) for (const time of times) problems.push(`${identity} of ${time} never started`)
  return problems
}

/** Messages of one sender, receiver, key and channel are handled one after the other, as they were emitted. */
function orderDiffers(subject: Case, blocks: readonly Block[]): string[] {
  const problems: string[] = []
  const queues = new Map<string, string[]>()
  const queueOf = (from: string, to: string, topic: string, key: string) => {
    const stream = streamsOf(subject, from, topic).find((one) => one.to === to)
    const place = textOf([stream && channelOf(subject, stream), from, to, key])!
    if (!queues.has(place)) queues.set(place, [])
    return queues.get(place)!
  }
  for (const { start, emits, end, name } of blocks) {
    const { processor, from, topic, key, message } = start
    if (from !== undefined && topic !== undefined && key !== undefined) {
      const queue = queueOf(from, processor, topic, key)
      if (queue[0] !== message) problems.push(`${name} starts at ${processor} before what was emitted before it`)
      if (end.outcome !== 'retry') queue.splice(Math.max(queue.indexOf(message), 0), 1)
    }
    for (const emit of emits) {
      if (emit.key === undefined) continue
      for (const to of emit.to) queueOf(processor, to, emit.topic, emit.key).push(emit.id)
    }
  }
  return problems
}

/** The transcript has what a handler did after it had settled, for each attempt that surely did something. */
function lateDiffers(expected: Expected, late: readonly string[], blocks: readonly Block[]): string[] {
  const ids = new Map(blocks.map(({ name, start }) => [name, start.message]))
  const told = new Set(late)
  const of = (which: readonly ExpectedAttempt['late'][]) =>
    new Set(expected.attempts.filter((one) => which.includes(one.late)).map(({ message }) => ids.get(message.name)!))
  const possible = of(['maybe', 'yes'])
  return [
    ...[...of(['yes'])].filter((id) => !told.has(id)).map((id) => `what ${id} did too late is missing`),
    ...[...told].filter((id) => !possible.has(id)).map((id) => `${id} did nothing too late`),
  ]
}
