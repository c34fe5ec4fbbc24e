import { createOutbox, kinesis } from './dist/wire.js'

/** Makes the n-th event so that its JSON has about so many bytes. */
const EVENTS = {
  '100B': (id) => ({ id, kind: 'order', paid: true, user: { name: 'Ada Lovelace', city: 'London' }, at: 1763731200 }),
  '1KB': (id) => ({ id, kind: 'order', text: 'x'.repeat(995) }),
  '10KB': (id) => ({ id, kind: 'order', text: 'x'.repeat(10_200) }),
}

/** More than any pack of 25 KB holds. */
const PACK = 10_000

/** The n-th event of a size. */
export function eventOf(size, id) {
  return EVENTS[size](id)
}

/** The n-th of the emits of one handler call. */
export function emitOfOne(size, id) {
  return {
    data: eventOf(size, id),
    topic: 'order',
    key: undefined,
    edge: EDGE,
    parent: 'fedcba9876543210fedcba9876543210',
    root: ROOT,
    ordinal: id % 500,
    hop: 3,
    attempt: 1,
    id: undefined,
  }
}

const EDGE = { from: 'intake', to: 'billing' }
const ROOT = { seed: '', position: 0, pending: 0, id: '0123456789abcdef0123456789abcdef' }

/**
 * The n-th emit as a deployed function has it, the only one of its handler. Each message has its own input and passed one
 * processor before, so no two messages share a root or a parent.
 */
export function emitOf(size, id) {
  const hex = id.toString(16).padStart(32, '0')
  const root = { seed: '', position: 0, pending: 0, id: hex }
  const about = {
    edge: EDGE,
    root,
    parent: hex.replace('0', 'f'),
    ordinal: 0,
    hop: 3,
    attempt: 1,
    id: undefined,
  }
  return { data: eventOf(size, id), topic: 'order', key: undefined, ...about }
}

/** An outbox over one sender. */
export function outboxOver(sender) {
  return createOutbox({
    topology: 'orders',
    stage: 'prod',
    channel: () => ({
      sender,
      limits: { ...kinesis.rules.limits, orderedByKey: true },
      pack: PACK,
    }),
    now: Date.now,
    after(ms, call) {
      const timer = setTimeout(call, ms)
      return () => clearTimeout(timer)
    },
    random: Math.random,
    remainingMs: () => 60_000,
  })
}
