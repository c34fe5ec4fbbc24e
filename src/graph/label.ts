/**
 * A topic as text for people: itself where that is clear, else quoted like JSON, with all that would move a cursor,
 * turn the writing direction or break a line written as an escape: `text`, `"a, b"`, `"line\nbreak"`.
 */
export function topicLabel(topic: string): string {
  if (/^[^\s"',\\]+(?: [^\s"',\\]+)*$/u.test(topic) && !UNSAFE.test(topic)) return topic
  return JSON.stringify(topic).replace(new RegExp(UNSAFE, 'gu'), (found) => escapeOf(found))
}

/** A stream's topics as text for people; empty for every topic. */
export function topicsLabel(topics: readonly string[] | undefined): string {
  return topics === undefined ? '' : topics.map(topicLabel).join(', ')
}

const UNSAFE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/u

function escapeOf(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
