/** Writes the mail. No stream takes the topic `mail`, so these are the outputs of a run. */
export async function handler(news, context) {
  await context.emit('mail', { to: news.customer, subject: `Order ${news.order}: ${news.text}` })
}
