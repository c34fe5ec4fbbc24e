import type { Context } from 'attak'
import type { Activity, Contribution } from '../messages.ts'

/** Emits the comment that an event is about. A question is passed on behind it. */
export async function handler(activity: Activity, context: Context<{ comment: Contribution; question: Activity }>) {
  const { repository, details } = activity
  if (context.topic === 'question') return context.emit('question', activity, { key: repository })
  if (!details.comment?.user) return
  const { html_url: id, body: text, user } = details.comment
  await context.emit('comment', { person: user.login, text, id, repository }, { key: repository })
}
