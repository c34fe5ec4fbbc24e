import type { Context } from 'attak'
import type { Activity, Contribution, Details } from '../messages.ts'

/** Emits the commits in an event that people wrote. Passes a question on behind them. */
export async function handler(activity: Activity, context: Context<{ commit: Contribution; question: Activity }>) {
  const { repository, details } = activity
  if (context.topic === 'question') return context.emit('question', activity, { key: repository })
  for (const { id, message: text, author } of commitsIn(details)) {
    const person = author.username ?? author.name
    if (person.endsWith('[bot]')) continue
    await context.emit('commit', { person, text, id, repository }, { key: repository })
  }
}

function commitsIn({ commits = [], commit, check_suite, workflow_run }: Details) {
  const one = commit && { ...commit.commit, id: commit.sha }
  return [...commits, one, check_suite?.head_commit, workflow_run?.head_commit].filter((each) => each != null)
}
