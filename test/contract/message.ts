import type { Message, Root } from '../../src/runtime/message.ts'

/** The root of messages that say none. */
export function rootOf(position = 0, seed = 'test'): Root {
  return { seed, position, pending: 0, id: undefined }
}

/** A message as the runtime makes it, `emitted` by a processor `a` for `b` by default. */
export function messageOf(said: Partial<Message> = {}): Message {
  return {
    data: undefined,
    topic: 't',
    key: undefined,
    edge: { from: 'a', to: 'b' },
    parent: 'the id of its parent',
    root: rootOf(),
    ordinal: 0,
    hop: 2,
    attempt: 1,
    id: undefined,
    ...said,
  }
}
