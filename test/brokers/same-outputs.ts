import * as fc from 'fast-check'
import { recordEntries } from '../../src/simulator/recorder.ts'
import { simulate } from '../../src/simulator/simulate.ts'
import { openStage, until } from '../contract/broker.ts'
import { graphOf, inlineProcessors, parsedOf } from '../contract/graph.ts'
import { openTopology } from '../hosts/worker/open.ts'

/** A topology and its input, as data, so that a failing case prints readably. */
export interface Case {
  readonly processors: readonly Plan[]
  /** Each from one processor to another, by their numbers. */
  readonly streams: readonly { readonly from: number; readonly to: number; readonly topic?: string }[]
  readonly inputs: readonly { readonly to: number; readonly key?: string; readonly value: unknown }[]
  readonly hopLimit: number
  readonly concurrency: number
  readonly pack: number
}

/** What a processor does. */
interface Plan {
  readonly emits: readonly EmitPlan[]
  /** One message in so many fails; 0 for none. */
  readonly failsOneIn: number
  /** How often such a message fails. */
  readonly failures: number
  readonly retries: number
  readonly isAsync: boolean
  /** Whether a failing attempt emits first. */
  readonly emitsBefore: boolean
}

interface EmitPlan {
  readonly topic: string
  /** The key of the event, one of three keys, or none. */
  readonly key: 'same' | 'part' | 'none'
  readonly isAwaited: boolean
}

/** What a run did, in a form that is equal for equal runs. */
export interface Outcome {
  /** The emits that no processor receives, sorted. */
  readonly outputs: readonly string[]
  /** The failures that are recorded, sorted. */
  readonly errors: readonly string[]
  /** The attempts of all handlers, sorted. */
  readonly attempts: readonly string[]
  /** By receiver, key and the way that led there: the events in the order of their first attempts. */
  readonly order: Readonly<Record<string, readonly string[]>>
}

/** Runs a case. */
export type Runner = (subject: Case) => Promise<Outcome>

const nameOf = (index: number) => `p${index}`
const topic = fc.constantFrom('x', 'y')
const key = fc.constantFrom('a', 'b b', 'ü')

const emitPlan = fc.record<EmitPlan>({
  topic,
  key: fc.constantFrom('same', 'same', 'part', 'none'),
  isAwaited: fc.boolean(),
})

const plan = fc.record<Plan>({
  emits: fc.array(emitPlan, { minLength: 1, maxLength: 2 }),
  failsOneIn: fc.constantFrom(0, 1, 2, 3, 5),
  failures: fc.integer({ min: 1, max: 3 }),
  retries: fc.integer({ min: 0, max: 2 }),
  isAsync: fc.boolean(),
  emitsBefore: fc.boolean(),
})

/** Random topologies: chains, fans and cycles with keys, failures, retries and a limit of hops. */
export const anyCase: fc.Arbitrary<Case> = fc.array(plan, { minLength: 2, maxLength: 4 }).chain((processors) => {
  const index = fc.nat(processors.length - 1)
  const stream = fc.record({ from: index, to: index, topic }, { requiredKeys: ['from', 'to'] })
  const input = fc.record({ to: index, key, value: fc.jsonValue({ maxDepth: 2 }) }, { requiredKeys: ['to', 'value'] })
  return fc.record<Case>({
    processors: fc.constant(processors),
    streams: fc.uniqueArray(stream, { minLength: 1, maxLength: 5, selector: ({ from, to }) => `${from} ${to}` }),
    inputs: fc.array(input, { minLength: 1, maxLength: 40, size: 'max' }),
    hopLimit: fc.integer({ min: 2, max: 4 }),
    concurrency: fc.constantFrom(1, 2, 256),
    pack: fc.constantFrom(1, 25),
  })
})

/** What a message carries. */
interface Data {
  readonly value: unknown
  /** Names it, with all emits that led to it. */
  readonly path: string
  /** The processors that it has passed with one key; undefined once its key has changed: its order is then open. */
  readonly way: string | undefined
}

interface Context {
  readonly attempt: number
  readonly key: string | undefined
  emit(topic: string, data: Data, options?: { key: string }): Promise<void>
}

type Noted = (processor: string, data: Data, context: Context) => void

function handlerOf({ emits, failsOneIn, failures, isAsync, emitsBefore }: Plan, name: string, note: Noted) {
  const emitAll = async (data: Data, context: Context) => {
    for (const [index, { topic, key, isAwaited }] of emits.entries()) {
      const next = key === 'none' ? undefined : key === 'same' ? context.key : `part ${weightOf(data.path) % 3}`
      const way = key === 'same' && data.way !== undefined ? `${data.way}>${name}` : undefined
      const emitted = { value: data.value, path: `${data.path}>${name}.${index}`, way }
      const sent = context.emit(topic, emitted, next === undefined ? undefined : { key: next })
      if (isAwaited) await sent
    }
  }
  const act = async (data: Data, context: Context) => {
    const isFailing = failsOneIn > 0 && weightOf(data.path) % failsOneIn === 0 && context.attempt <= failures
    if (!isFailing || emitsBefore) await emitAll(data, context)
    if (isFailing) throw new Error(`${data.path} fails`)
  }
  return async (data: Data, context: Context) => {
    note(name, data, context)
    if (isAsync) await new Promise((resolve) => setImmediate(resolve))
    await act(data, context)
  }
}

/** A number that looks random, and is the same for the same text. */
function weightOf(text: string): number {
  let sum = 7
  for (let index = 0; index < text.length; index++) sum = (sum * 31 + text.charCodeAt(index)) % 10_007
  return sum
}

function definitionOf({ processors, streams, hopLimit, pack }: Case, note: Noted) {
  return {
    ...{ name: 'same', hopLimit, pack },
    processors: Object.fromEntries(
      processors.map((plan, index) => {
        const { retries } = plan
        const backoff = { firstMs: 2, factor: 2, jitter: false }
        return [nameOf(index), { handler: handlerOf(plan, nameOf(index), note), retries, backoff }]
      }),
    ),
    streams: streams.map(({ from, to, ...rest }) => ({ from: nameOf(from), to: nameOf(to), ...rest })),
  }
}

function eventsOf({ inputs }: Case) {
  return inputs.map(({ to, key, value }, index) => {
    const data: Data = { value, path: `${index}`, way: key === undefined ? undefined : 'input' }
    return { to: nameOf(to), event: data, ...(key !== undefined && { key }) }
  })
}

interface Output {
  readonly processor: string
  readonly topic: string
  readonly key?: string
  readonly data?: unknown
}

interface Failure {
  readonly processor: string
  readonly attempt: number
  readonly error: { readonly message: string }
}

/** Collects what handlers see. */
function openNotes() {
  const attempts: string[] = []
  const order: Record<string, string[]> = {}
  const note: Noted = (processor, { path, way }, { attempt, key }) => {
    attempts.push(`${path} at ${processor}, attempt ${attempt}, key ${key}`)
    if (way === undefined) return
    const name = `${way}>${processor} ${key}`
    const line = order[name] ?? []
    order[name] = line
    if (!line.includes(path)) line.push(path)
  }
  const outcome = (outputs: readonly Output[], errors: readonly Failure[]): Outcome => ({
    outputs: outputs.map(({ processor, topic, key, data }) => JSON.stringify([processor, topic, key, data])).sort(),
    errors: errors.map(({ processor, attempt, error }) => `${processor} ${attempt}: ${error.message}`).sort(),
    attempts: attempts.sort(),
    order,
  })
  return { note, outcome }
}

type Line = Readonly<Record<string, unknown>>

const ofKind = <Kind>(lines: readonly Line[], kind: string) =>
  lines.filter(({ attak }) => attak === kind) as unknown as readonly Kind[]

/** In virtual time. */
export const simulated: Runner = async (subject) => {
  const { note, outcome } = openNotes()
  const topology = parsedOf(definitionOf(subject, note))
  const outputs: Output[] = []
  const errors: Failure[] = []
  const attempts = new Map<string, number>()
  const recorder = recordEntries((entry) => {
    if (entry.kind === 'start') attempts.set(entry.message, entry.attempt)
    if (entry.kind === 'emit' && entry.to.length === 0) outputs.push(entry)
    if (entry.kind !== 'end' || entry.outcome !== 'failed') return
    errors.push({ processor: entry.processor, attempt: attempts.get(entry.message)!, error: entry.error! })
  })
  await simulate({
    ...{ graph: graphOf(definitionOf(subject, note)), processors: inlineProcessors(topology), recorder },
    ...{ input: [eventsOf(subject)], now: () => performance.now(), concurrency: subject.concurrency },
  })
  return outcome(outputs, errors)
}

/** In real time, in this process. */
export const embedded: Runner = async (subject) => {
  const { note, outcome } = openNotes()
  const run = openTopology(definitionOf(subject, note), { concurrency: subject.concurrency })
  await Promise.all(eventsOf(subject).map((event) => run.take(event)))
  run.close()
  return outcome(ofKind<Output>(run.lines(), 'output'), ofKind<Failure>(run.lines(), 'error'))
}

/** By two workers that share a broker. */
export function brokered(urlOf: () => string): Runner {
  return async (subject) => {
    const { note, outcome } = openNotes()
    const stage = openStage(urlOf())
    try {
      const { name: _, ...definition } = definitionOf(subject, note)
      const workers = [await stage.worker(definition, subject), await stage.worker(definition, subject)]
      await Promise.all(eventsOf(subject).map((event) => workers[0]!.take(event)))
      const { broker } = await stage.broker()
      await until(async () => {
        const { channels } = await broker.status()
        const waiting = channels.flatMap(({ lanes, delayed }) => [delayed, ...lanes.map(({ records }) => records)])
        return waiting.every((count) => count === 0)
      })
      for (const worker of workers) await worker.stop()
      const lines = workers.flatMap((worker) => worker.lines())
      await broker.destroy()
      return outcome(ofKind<Output>(lines, 'output'), ofKind<Failure>(lines, 'error'))
    } finally {
      await stage.close()
    }
  }
}
