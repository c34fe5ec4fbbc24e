/** Emits a word back to front. No stream takes the topic `reversed`, so these are the outputs of a run. */
export async function handler(word, context) {
  await context.emit('reversed', [...word].reverse().join(''))
}
