/** What an emit or an input of a case carries. Written as data, so that a failing case prints readably. */
export type Data =
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'odd'; readonly name: OddName }
  /** The event that the handler received. */
  | { readonly kind: 'echo' }
  /** What the handler reads on its context. */
  | { readonly kind: 'context' }
  | { readonly kind: 'none' }

/** One thing that a handler does before it settles. */
export type Step =
  | EmitStep
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'log'; readonly text: string }
  /** Changes the event in place. */
  | { readonly do: 'mutate' }

/** One emit, and how the handler takes its promise: `forget` does nothing with it. */
export interface EmitStep {
  readonly do: 'emit'
  readonly topic: string
  readonly key?: string
  readonly data: Data
  readonly take: 'forget' | 'await' | 'catch' | 'callback'
  /** Changes the emitted value right after the call. */
  readonly thenMutate?: true
}

/** How an attempt ends. `twice` settles again, the other way, right after it has settled. */
export type End =
  | { readonly end: 'ok' }
  | { readonly end: 'throw'; readonly text: string; readonly twice?: true }
  | { readonly end: 'ok-then-error' }
  | { readonly end: 'retry'; readonly afterMs: number }
  | { readonly end: 'never' }
  /** Does not settle; an error that nobody catches fails it. */
  | { readonly end: 'loose'; readonly how: 'timer' | 'promise' }

/** Something a handler does after it has settled. */
export interface Late {
  readonly when: 'sync' | 'tick' | 'timer'
  readonly do: 'emit' | 'caught emit' | 'throw'
}

/** What a handler does in one attempt. */
export interface Script {
  readonly steps: readonly Step[]
  readonly end: End
  readonly late: readonly Late[]
}

/** How a handler settles. */
export type Shape = 'sync' | 'async' | 'thenable' | 'callback' | 'context' | 'setting'

/** A handler as data: a list of scripts for each topic, one for each attempt; the last one repeats. */
export interface Behavior {
  readonly shape: Shape
  readonly x: readonly Script[]
  readonly other: readonly Script[]
}

/** The script that a handler follows. */
export function scriptOf(behavior: Behavior, topic: string | undefined, attempt: number): Script {
  const scripts = topic === 'x' ? behavior.x : behavior.other
  return scripts[Math.min(attempt, scripts.length) - 1]!
}

/** Changes a value in place, as far as it is one that can be changed. */
export function mutate(value: unknown): void {
  if (Array.isArray(value)) value.push('mutated')
  else if (typeof value === 'object' && value !== null) {
    Object.assign(value, { mutated: true })
    for (const inner of Object.values(value)) if (Array.isArray(inner)) inner.length = 0
  }
}

const ODD = {
  date: () => new Date(86_400_000),
  'invalid date': () => ({ date: new Date(Number.NaN), after: 1 }),
  map: () => ({ map: new Map([[1, 2]]), set: new Set([1]), bytes: new Uint8Array([1, 2]) }),
  absent: () => ({ a: undefined, b: () => 1, c: Symbol('c'), d: [undefined, () => 1, Symbol('d')] }),
  numbers: () => [-0, Number.NaN, Number.POSITIVE_INFINITY, 1e21, 0.1, 2 ** 53],
  'own json': () => ({ money: { toJSON: (key: string) => `${key}: 3` }, nothing: { toJSON: () => undefined } }),
  sparse: () => {
    const list: unknown[] = [1]
    list[3] = 4
    return list
  },
  getter: () => ({
    get now() {
      return [1]
    },
  }),
  counter: () => {
    let reads = 0
    return {
      get reads() {
        reads++
        return reads
      },
    }
  },
  hidden: () => Object.defineProperty({ seen: 1 }, 'unseen', { value: 2, enumerable: false }),
  inherited: () => Object.assign(Object.create({ above: 1 }) as object, { own: 2 }),
  boxed: () => ({ text: Object('a'), number: Object(1), flag: Object(false) }),
  proto: () => JSON.parse('{"__proto__":{"x":1},"constructor":2,"toString":3}') as unknown,
  proxy: () => new Proxy({ a: [1] }, {}),
  'json behind a proxy': () => ({ inner: new Proxy({ a: 1, toJSON: () => ({ b: 2 }) }, {}) }),
  'lone surrogate': () => '\ud800 and \u2028 and \u0000',
  order: () => ({ b: 1, 2: 1, a: 1, 1: 1 }),
  'no prototype': () => Object.assign(Object.create(null) as object, { a: 1 }),
  'same twice': () => {
    const shared = { s: [1] }
    return { first: shared, second: shared }
  },
  error: () => ({ error: new Error('in data'), pattern: /a/g }),
  bigint: () => ({ deep: [10n] }),
  cycle: () => {
    const ring: { self?: unknown } = {}
    ring.self = { ring }
    return ring
  },
} satisfies Record<string, () => unknown>

/** Names of values that JSON does not carry as they are, or not at all (`bigint`, `cycle`). */
export type OddName = keyof typeof ODD

/** All of these names. */
export const ODD_NAMES = Object.keys(ODD) as OddName[]

/** What a handler is known by while it runs. */
export interface Seen {
  readonly processor: string
  readonly topic: string | undefined
  readonly from: string | undefined
  readonly key: string | undefined
  readonly attempt: number
  readonly hop: number
}

/** Makes the value that is emitted. */
export function makeValue(data: Data, event: unknown, seen: Seen): unknown {
  switch (data.kind) {
    case 'json':
      return structuredClone(data.value)
    case 'odd':
      return ODD[data.name]()
    case 'echo':
      return event
    case 'context': {
      const { processor, topic, from, key, attempt, hop } = seen
      return { processor, topic, from, key, attempt, hop }
    }
    case 'none':
      return undefined
  }
}
