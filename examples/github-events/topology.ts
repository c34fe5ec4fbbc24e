import { defineTopology } from 'attak'
import { deliverySchema } from './messages.ts'
import { handler as comments } from './processors/comments.ts'
import { handler as commits } from './processors/commits.ts'
import { handler as intake } from './processors/intake.ts'
import { handler as report } from './processors/report.ts'
import { handler as repositories } from './processors/repositories.ts'
import { webhooks } from './webhooks.ts'

const COMMITS = ['push', 'status', 'check_suite', 'workflow_run']
const COMMENTS = ['issue_comment', 'commit_comment', 'discussion_comment', 'pull_request_review_comment']

export default defineTopology({
  name: 'github-events',
  processors: {
    intake: { handler: intake, input: deliverySchema },
    commits,
    comments,
    repositories,
    report,
  },
  streams: [
    { from: 'intake', to: 'commits', topics: [...COMMITS, 'question'] },
    { from: 'intake', to: 'comments', topics: [...COMMENTS, 'question'] },
    ['intake', 'repositories'],
    ['commits', 'repositories'],
    ['comments', 'repositories'],
    ['repositories', 'report', 'tally'],
  ],
  input: webhooks,
})
