import fc from 'fast-check'
import { type Behavior, type Data, type EmitStep, type Late, ODD_NAMES, type Script, type Shape } from './behavior.ts'
import type { Case, CaseBackoff, CaseCarried, CaseInput, CaseProcessor, CaseStream } from './case.ts'
import { predict } from './model.ts'

const TOPICS = ['x', 'y', 'z'] as const
const LOOSE = [
  { end: 'loose', how: 'timer' },
  { end: 'loose', how: 'promise' },
] as const
const key = fc.constantFrom('k', 'k', 'k', 'l', '')

const plain: fc.Arbitrary<unknown> = fc.constantFrom<unknown>(null, 1, 'a', [], { a: [1] }, [{ b: {} }])

const data: fc.Arbitrary<Data> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Data>({ kind: 'echo' }) },
  { weight: 3, arbitrary: fc.constant<Data>({ kind: 'context' }) },
  { weight: 2, arbitrary: plain.map((value): Data => ({ kind: 'json', value })) },
  { weight: 3, arbitrary: fc.constantFrom(...ODD_NAMES).map((name): Data => ({ kind: 'odd', name })) },
  { weight: 1, arbitrary: fc.constant<Data>({ kind: 'none' }) },
)

function emitStep(takes: readonly EmitStep['take'][]): fc.Arbitrary<EmitStep> {
  return fc
    .record(
      {
        do: fc.constant('emit' as const),
        topic: fc.constantFrom(...TOPICS),
        key,
        data,
        take: fc.constantFrom(...takes),
        thenMutate: fc.constant(true as const),
      },
      { requiredKeys: ['do', 'topic', 'data', 'take'] },
    )
    .map((step) => step as EmitStep)
}

/**
 * What goes wrong in the handlers of a case: some never settle, or some leave errors that nobody catches. Not both: what is
 * never settled is left to the test driver, since `attak simulate` takes a busy machine for a handler that hangs; errors that
 * nobody catches are left to `attak simulate`, since a test driver does not own the process.
 */
type Trouble = 'never' | 'uncaught'

/** Scripts of a handler; one that may never settle has a short timeout, so its other attempts do not wait. */
function script(shape: Shape, waits: boolean, trouble: Trouble): fc.Arbitrary<Script> {
  const quick = shape === 'sync'
  const takes = ['forget', 'catch', 'callback'] as const
  const calls = shape === 'callback' || shape === 'context' || shape === 'setting'
  const step = fc.oneof(
    { weight: 5, arbitrary: emitStep(quick ? takes : [...takes, 'await']) },
    { weight: 1, arbitrary: fc.constant({ do: 'log' as const, text: 'a line' }) },
    { weight: 1, arbitrary: fc.constant({ do: 'mutate' as const }) },
    ...(quick || !waits
      ? []
      : [{ weight: 1, arbitrary: fc.integer({ min: 0, max: 20 }).map((ms) => ({ do: 'wait' as const, ms })) }]),
  )
  const end = fc.oneof(
    { weight: 6, arbitrary: fc.constant({ end: 'ok' as const }) },
    { weight: 3, arbitrary: fc.constantFrom('no', 'not yet').map((text) => ({ end: 'throw' as const, text })) },
    {
      weight: 2,
      arbitrary: fc.constantFrom(0, 10, 1500, 3_700_000).map((afterMs) => ({ end: 'retry' as const, afterMs })),
    },
    ...(calls
      ? [
          {
            weight: 2,
            arbitrary: fc.constantFrom(
              { end: 'ok-then-error' as const },
              { end: 'throw' as const, text: 'first', twice: true as const },
            ),
          },
        ]
      : []),
    ...(waits ? [] : [{ weight: 2, arbitrary: fc.constant({ end: 'never' as const }) }]),
    ...(trouble === 'uncaught' && !quick ? [{ weight: 1, arbitrary: fc.constantFrom(...LOOSE) }] : []),
  )
  return fc
    .record({ steps: fc.array(step, { maxLength: 4 }), end, late: fc.oneof(fc.constant([]), lates(calls, trouble)) })
    .map((made) => made as Script)
}

function lates(calls: boolean, trouble: Trouble): fc.Arbitrary<Late[]> {
  const when = calls ? (['sync', 'tick', 'timer'] as const) : (['timer'] as const)
  const one = fc.record({
    when: fc.constantFrom(...when),
    do: fc.constantFrom<Late['do']>('emit', 'caught emit', ...(trouble === 'uncaught' ? (['throw'] as const) : [])),
  })
  return fc.array(one, { maxLength: 1 })
}

function behavior(waits: boolean, trouble: Trouble): fc.Arbitrary<Behavior> {
  const shapes: readonly Shape[] = [
    'async',
    'thenable',
    'callback',
    'context',
    'setting',
    ...(waits ? (['sync'] as const) : []),
  ]
  return fc.constantFrom(...shapes).chain((shape) => {
    const scripts = fc.array(script(shape, waits, trouble), { minLength: 1, maxLength: 3 })
    return fc.record({ shape: fc.constant(shape), x: scripts, other: scripts })
  })
}

const backoff: fc.Arbitrary<CaseBackoff> = fc
  .record(
    {
      firstMs: fc.constantFrom(1, 10, 100, 1000),
      factor: fc.constantFrom(1, 2, 3),
      maxMs: fc.constantFrom(100, 2000),
      jitter: fc.constant(false),
    },
    { requiredKeys: [] },
  )
  .map((made) => made as CaseBackoff)

const retries = { retries: fc.constantFrom(0, 1, 1, 2, 3), backoff }

const processor = (trouble: Trouble): fc.Arbitrary<CaseProcessor> =>
  (trouble === 'uncaught' ? fc.constant(true) : fc.boolean()).chain((waits) =>
    fc
      .record(
        {
          behavior: behavior(waits, trouble),
          ...retries,
          ...(waits ? {} : { timeout: fc.constantFrom(0.02, 0.05) }),
          retryQueue: fc.boolean(),
        },
        { requiredKeys: waits ? ['behavior'] : ['behavior', 'timeout'] },
      )
      .map((made) => made as CaseProcessor),
  )

const carried: fc.Arbitrary<CaseCarried & { stream?: string }> = fc.oneof(
  { weight: 6, arbitrary: fc.constant({}) },
  { weight: 1, arbitrary: fc.constant({ via: 'sqs' as const, fifo: true }) },
  { weight: 1, arbitrary: fc.constant({ via: 'sqs' as const }) },
  { weight: 1, arbitrary: fc.constant({ stream: 'shared' }) },
  { weight: 1, arbitrary: fc.constant({ batch: 50 }) },
)

/** The streams of one pair of processors: one for all topics, or one each. */
function between(from: string, to: string): fc.Arbitrary<CaseStream[]> {
  const one = fc.tuple(fc.record(retries, { requiredKeys: [] }), carried)
  const topics = fc.constantFrom<(string[] | undefined)[]>(
    [undefined],
    [['x']],
    [['x'], ['y']],
    [['x', 'y'], ['z']],
    [['x'], ['y'], ['z']],
  )
  return fc.tuple(topics, fc.array(one, { minLength: 3, maxLength: 3 })).map(
    ([lists, made]) =>
      lists.map((list, index) => ({
        from,
        to,
        ...(list && { topics: list }),
        ...made[index]![0],
        ...made[index]![1],
      })) as CaseStream[],
  )
}

const inputs = (names: readonly string[]): fc.Arbitrary<CaseInput[]> =>
  fc
    .array(
      fc.record(
        { to: fc.constantFrom(...names), value: plain, key, topic: fc.constantFrom('x', 'y') },
        { requiredKeys: ['to', 'value'] },
      ),
      { minLength: 1, maxLength: 3 },
    )
    .map(
      (list) =>
        list.map(({ value, ...input }, index) => ({
          ...input,
          data: { kind: 'json' as const, value: { in: index, value } },
        })) as CaseInput[],
    )

/** FIFO queues of processors with a short timeout are left out: waits have to fit the timeout. */
function fitting(subject: Case): Case {
  const streams = subject.streams.map((stream) => {
    const { via, fifo, ...rest } = stream
    return subject.processors[stream.to]?.timeout === undefined ? stream : (rest as CaseStream)
  })
  return { ...subject, streams }
}

/** Random topologies with handlers, of at most `most` attempts. */
export function randomCase(most: number): fc.Arbitrary<Case> {
  return fc
    .tuple(fc.constantFrom<Trouble>('never', 'uncaught'), fc.integer({ min: 1, max: 4 }))
    .chain(([trouble, count]) => {
      const names = ['a', 'b', 'c', 'd'].slice(0, count)
      return fc.record(
        {
          hopLimit: fc.integer({ min: 2, max: 4 }),
          processors: fc
            .tuple(...names.map(() => processor(trouble)))
            .map((made) => Object.fromEntries(names.map((name, index) => [name, made[index]!]))),
          streams: streams(names),
          inputs: inputs(names),
          ...retries,
        },
        { requiredKeys: ['hopLimit', 'processors', 'streams', 'inputs'] },
      )
    })
    .map((made) => fitting(made as Case))
    .filter((made) => predict(made, most) !== undefined)
}

function streams(names: readonly string[]): fc.Arbitrary<CaseStream[]> {
  const pairs = names.flatMap((from) => names.map((to) => [from, to] as const))
  return fc
    .subarray(pairs, { maxLength: Math.min(5, pairs.length) })
    .chain((chosen) => fc.tuple(...chosen.map((pair) => between(...pair))))
    .map((lists) => lists.flat())
}
