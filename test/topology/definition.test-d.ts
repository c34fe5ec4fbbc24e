import * as z from 'zod'
import { defineTopology, type EventsOf, type PathOf } from '../../src/topology/definition.ts'
import type { Context, Handler } from '../../src/topology/handler.ts'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
function holds<_Claim extends true>(): void {}

const spout: Handler<string, { text: string; at: Date }> = (event, context) => context.emit('text', event)
const count = (_event: number, _context: Context<{ total: { n: number } }>) => undefined
const dated = (_event: Date) => undefined
class Shout {
  times = 0
  handler(event: string, context: Context<{ loud: string }>) {
    this.times++
    return context.emit('loud', event)
  }
}
const processors = {
  spout,
  count,
  dated,
  file: './processors/file',
  shout: new Shout(),
  object: { path: './processors/object', retries: 2 },
  typed: { handler: (_event: { n: number }) => undefined, timeout: 2 },
  checked: { input: z.object({ n: z.number() }), handler: (_event: { n: number }) => undefined },
  coerced: { input: z.object({ n: z.coerce.number<string>() }), handler: (_event: { n: number }) => undefined },
}

// Every spelling of a stream between processors that exist, with topics they emit.
defineTopology({
  name: 't',
  processors,
  streams: [
    ['spout', 'shout', 'text'],
    ['spout', 'shout'],
    ['spout', 'file', 'at'],
    { from: 'spout', to: 'shout', topics: ['text', 'at'], retries: 2 },
    { from: 'file', to: 'count', topic: 'any topic', backoff: { firstMs: 1 } },
    ['file', 'count'],
    ['dated', 'object', 'any topic'],
    ['shout', 'spout', 'loud'],
    ['count', 'typed', 'total'],
    ['count', 'checked'],
  ],
})

// Names of processors.
defineTopology({
  name: 't',
  processors,
  streams: [
    // @ts-expect-error no such source
    ['spuot', 'shout'],
    // @ts-expect-error no such target
    ['spout', 'shuot', 'text'],
    // @ts-expect-error no such target
    { from: 'spout', to: 'shuot' },
    // @ts-expect-error no such source
    { from: 'spuot', to: 'shout', topics: ['text'] },
  ],
})

// Topics of the handlers that declare their emits.
defineTopology({
  name: 't',
  processors,
  streams: [
    // @ts-expect-error a Handler's topics
    ['spout', 'shout', 'txet'],
    // @ts-expect-error a method's topics
    ['shout', 'file', 'quiet'],
    // @ts-expect-error a context's topics
    { from: 'count', to: 'file', topic: 'totals' },
    // @ts-expect-error one of several
    { from: 'spout', to: 'shout', topics: ['text', 'txet'] },
  ],
})

// What the receiver takes.
defineTopology({
  name: 't',
  processors,
  streams: [
    // @ts-expect-error a string is not a number
    ['spout', 'count', 'text'],
    // @ts-expect-error a Date arrives as string
    ['spout', 'dated', 'at'],
    // @ts-expect-error without a topic, all that is emitted has to fit
    ['count', 'shout'],
    // @ts-expect-error without a topic, all that is emitted has to fit
    { from: 'count', to: 'shout' },
    // @ts-expect-error a schema's input counts, not its output
    ['count', 'coerced', 'total'],
  ],
})

// Inline handlers know their event and context.
defineTopology({
  name: 't',
  processors: {
    file: './file',
    plain: (event, context, callback) => {
      holds<Equal<typeof event, ReturnType<typeof JSON.parse>>>()
      holds<Equal<typeof context, Context>>()
      context.emit('anything', event.anything)
      callback()
    },
    schema: {
      input: z.object({ n: z.coerce.number() }),
      retries: 1,
      handler(event, context) {
        holds<Equal<typeof event, { n: number }>>()
        context.emit('anything', event.n)
      },
    },
    arrow: {
      input: z.object({ n: z.number() }),
      handler: async (event, context: Context<{ total: number }>) => {
        holds<Equal<typeof event, { n: number }>>()
        await context.emit('total', event.n)
        // @ts-expect-error not a topic of this handler
        await context.emit('sum', event.n)
      },
    },
  },
  streams: [
    ['file', 'plain'],
    ['arrow', 'plain', 'total'],
    // @ts-expect-error not a topic of this handler
    ['arrow', 'plain', 'sum'],
    // @ts-expect-error a number is no { n: number }
    ['arrow', 'schema', 'total'],
  ],
})

defineTopology({
  name: 't',
  // @ts-expect-error a handler of strings cannot stand behind a schema of numbers
  processors: { a: { input: z.number(), handler: (_event: string) => undefined } },
})

// Names that nobody can know here are left to the parser.
defineTopology({ name: 't', processors: './processors', streams: [['a', 'b', 'x']] })
defineTopology({ name: 't', processors: () => ({ a: './a' }), streams: [['a', 'b', 'x']] })
defineTopology({ name: 't', processors: [spout, './b'], streams: [['spout', 'b', 'x']] })
defineTopology({ name: 't', processor: (name) => `./${name}`, streams: [['a', 'b', 'x']] })
defineTopology({ name: 't', processors, streams: () => [['a', 'b']] })
defineTopology({ name: 't', processors, streams: Object.keys(processors).map((name) => [name, 'file'] as const) })
const named = { a: './a', b: './b' } as const
defineTopology({ name: 't', processors: named, streams: [['a', 'b', 'x']] })
defineTopology({ name: 't', processors })

// Settings.
// @ts-expect-error a topology has a name
defineTopology({ processors })
// @ts-expect-error there is no such setting
defineTopology({ name: 't', processors, retry: 1 })
// @ts-expect-error retries is a number
defineTopology({ name: 't', processors, retries: '1' })
// @ts-expect-error streams is a list
defineTopology({ name: 't', processors, streams: 'a -> b' })
// @ts-expect-error streams is a list
defineTopology({ name: 't', processors, streams: { a: 'b' } })
// @ts-expect-error a list of streams
defineTopology({ name: 't', processors, streams: () => [1] })
// @ts-expect-error a stream is more than a name
defineTopology({ name: 't', processors, streams: ['spout'] })

// Settings of streams and of deployed processors, at each level that has them.
defineTopology({
  name: 't',
  processors: {
    a: { path: './a', invokes: ['b'], memory: 512, environment: ['KEY'], via: 'sqs', concurrency: 2 },
    b: { handler: (_event: string) => undefined, environment: { KEY: true, LEVEL: 'debug' }, batch: 10 },
  },
  streams: [
    { from: 'a', to: 'b', via: 'sqs', fifo: true, pack: 1, stream: 'shared' },
    { from: 'a', to: 'b', topic: 'x', provisionedPollers: { minimum: 2, maximum: 3 } },
  ],
  ...{ via: 'kinesis', shards: 2, memory: 256, architecture: 'x64', tags: { team: 'a' }, logRetention: 30 },
})
// @ts-expect-error no such carrier
defineTopology({ name: 't', processors, streams: [{ from: 'spout', to: 'shout', topic: 'text', via: 'kafka' }] })
// @ts-expect-error no such carrier
defineTopology({ name: 't', processors, via: 'kafka' })
// @ts-expect-error a variable is a text, or true
defineTopology({ name: 't', processors, environment: { KEY: 1 } })
// @ts-expect-error no such runtime
defineTopology({ name: 't', processors, runtime: 'nodejs18.x' })

// An invoke returns any type, unless the caller sets one.
const invoking: Handler = async (_event, context) => {
  holds<Equal<Awaited<ReturnType<typeof context.invoke>>, unknown>>()
  const total = await context.invoke<number>('count', { n: 1 })
  holds<Equal<typeof total, number>>()
}
defineTopology({ name: 't', processors: { invoking, count }, streams: [] })

// Where error records are kept, and what becomes of redeliveries.
defineTopology({
  name: 't',
  processors: { a: { path: './a', idempotent: { ttl: 2 }, logEvents: true } },
  errors: 'dynamodb',
})
defineTopology({ name: 't', processors, errors: { retention: 48 }, idempotent: true, retryQueue: true })
defineTopology({ name: 't', processors, errors: { store: 's3', bucket: 'ours' } })
// @ts-expect-error A store that there is not.
defineTopology({ name: 't', processors, errors: 'dynamo' })
// @ts-expect-error A bucket has to be named.
defineTopology({ name: 't', processors, errors: { store: 's3' } })

// What is emitted has the data of its topic, unless that may be left out.
const emitting: Handler<string, { text: string; done: undefined; maybe: number | undefined }> = (event, context) => {
  context.emit('text', event)
  context.emit('text', event, { key: 'k' }, () => {})
  context.emit('done')
  context.emit('done', () => {})
  context.emit('maybe')
  context.emit('maybe', 1)
  // @ts-expect-error the data of a text is missing
  context.emit('text')
  // @ts-expect-error a number is not a text
  context.emit('text', 1)
}
const free: Handler = (event, context) => {
  context.emit('anything')
  context.emit('anything', event, { key: 'k' })
  context.emit('anything', () => {})
}
defineTopology({ name: 't', processors: { emitting, free }, streams: [['emitting', 'free', 'text']] })

// The topology's input names processors, and events that they take.
defineTopology({ name: 't', processors, input: { spout: 'a', checked: { n: 1 }, file: 'anything' } })
defineTopology({
  name: 't',
  processors,
  input: [
    { to: 'spout', event: 'a', key: 'k' },
    { to: 'dated', event: new Date() },
  ],
})
defineTopology({ name: 't', processors, input: './events.jsonl' })
defineTopology({ name: 't', processors, input: () => [{ to: 'spout', event: 'a' }] })
defineTopology({ name: 't', processors: './processors', input: { anything: 1 } })
// @ts-expect-error no such processor
defineTopology({ name: 't', processors, input: { spuot: 'a' } })
// @ts-expect-error a number is not a text
defineTopology({ name: 't', processors, input: { spout: 1 } })
// @ts-expect-error a number is not a text
defineTopology({ name: 't', processors, input: [{ to: 'spout', event: 1 }] })
// @ts-expect-error no such processor
defineTopology({ name: 't', processors, input: [{ to: 'spuot', event: 'a' }] })

// A path with the type of its module is checked like the handler itself.
interface SpoutModule {
  handler(line: string, context: Context<{ text: string }>): Promise<void>
}
interface CountModule {
  default(word: number): void
}
const paths = {
  spout: './spout' as PathOf<SpoutModule>,
  reverse: './reverse' as PathOf<SpoutModule>,
  count: './count' as PathOf<CountModule>,
}
const byPath = defineTopology({
  name: 't',
  processors: paths,
  streams: [['spout', 'reverse', 'text']],
  input: { spout: 'a' },
})
holds<Equal<EventsOf<typeof byPath>['spout'], string>>()
// @ts-expect-error no such topic
defineTopology({ name: 't', processors: paths, streams: [['spout', 'reverse', 'txet']] })
// @ts-expect-error a text is not a number
defineTopology({ name: 't', processors: paths, streams: [['spout', 'count', 'text']] })
// @ts-expect-error a number is not a text
defineTopology({ name: 't', processors: paths, input: { spout: 1 } })

// Settings of a processor with a path; the fields of an instance are its own.
defineTopology({
  name: 't',
  processors: {
    path: { path: './x', retries: 3, timeout: 2 },
    instance: new Shout(),
    // @ts-expect-error no such setting
    misspelled: { path: './x', retires: 3 },
    // @ts-expect-error no such setting
    source: { source: './x', retries: 3, timeuot: 2 },
  },
  streams: [['path', 'instance', 'any topic']],
})

// Resources are unknown, or of the type that a handler names.
const pooled: Handler<string, Record<string, unknown>, { query(): number }> = (_, { resources }) => resources.query()
defineTopology({
  name: 't',
  processors: {
    pooled,
    contextual: (_: string, context: Context<{ text: string }, Date>) => context.resources.getTime(),
    inline: {
      setup: ({ log, signal }) => {
        log.info(String(signal.aborted))
        return new Map<string, number>()
      },
      handler: (_event, { resources }) => {
        holds<Equal<typeof resources, unknown>>()
      },
      teardown: (resources: Map<string, number>) => resources.clear(),
    },
  },
})
