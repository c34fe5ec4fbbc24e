/** Emits every word of a line. */
export async function handler(line, context) {
  for (const word of line.split(' ')) await context.emit('text', word)
}
