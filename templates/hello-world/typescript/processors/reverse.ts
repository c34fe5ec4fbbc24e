import type { Context } from 'attak'

/** Emits a word back to front. No stream takes the topic `reversed`, so these are the outputs of a run. */
export async function handler(word: string, context: Context<{ reversed: string }>) {
  await context.emit('reversed', [...word].reverse().join(''))
}
