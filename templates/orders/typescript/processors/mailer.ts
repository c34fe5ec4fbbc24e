import type { Context } from 'attak'
import type { News } from '../events.ts'

/** Writes the mail. No stream takes the topic `mail`, so these are the outputs of a run. */
export async function handler(news: News, context: Context<{ mail: { to: string; subject: string } }>) {
  await context.emit('mail', { to: news.customer, subject: `Order ${news.order}: ${news.text}` })
}
