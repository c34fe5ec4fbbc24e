import type { Context } from 'attak'

/** Emits every word of a line. */
export async function handler(line: string, context: Context<{ text: string }>) {
  for (const word of line.split(' ')) await context.emit('text', word)
}
