import type { Context } from 'attak'
import { type Counts, noCounts } from '../counts.ts'
import type { Activity, Contribution, Tally } from '../messages.ts'

/** All that is known of a repository. */
interface Book {
  readonly counts: Counts
  readonly people: Map<string, Counts>
  /** Contributions that are counted. */
  readonly seen: Set<string>
  /** Who passed the question on. */
  readonly askedBy: Set<string | undefined>
}

/** How many processors send to this one. Each passes the question on behind everything that it emitted before. */
const SOURCES = 3

const books = new Map<string, Book>()

/** Keeps a book for each repository. When the question has come from every side, emits what is in it and begins anew. */
export async function handler(message: Activity | Contribution, context: Context<{ tally: Tally }>) {
  const { repository, person } = message
  const book = books.get(repository) ?? openBook(repository)
  if ('id' in message) {
    if (!book.seen.has(message.id)) count(book, context.topic === 'commit' ? 'commits' : 'comments', person)
    book.seen.add(message.id)
  } else if (context.topic !== 'question') {
    count(book, 'events', person)
  } else if (book.askedBy.add(context.from).size === SOURCES) {
    books.delete(repository)
    const { counts, people } = book
    const tally = { repository, of: message.details.of ?? 1, counts, people: Object.fromEntries(people) }
    await context.emit('tally', tally, { key: 'report' })
  }
}

function openBook(repository: string): Book {
  const book: Book = { counts: noCounts(), people: new Map(), seen: new Set(), askedBy: new Set() }
  books.set(repository, book)
  return book
}

function count(book: Book, what: keyof Counts, person: string | undefined) {
  book.counts[what]++
  if (person === undefined) return
  const counts = book.people.get(person) ?? noCounts()
  counts[what]++
  book.people.set(person, counts)
}
