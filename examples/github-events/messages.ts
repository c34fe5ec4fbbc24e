import { z } from 'zod'
import type { Counts } from './counts.ts'

/** What a delivery must have to be counted; all else in its payload differs from event to event and is let through. */
export const deliverySchema = z.object({
  /** The type of event, as GitHub says it in the header `X-GitHub-Event`. */
  event: z.string().min(1),
  payload: z.looseObject({
    repository: z.looseObject({ full_name: z.string() }).nullish(),
    sender: z.looseObject({ login: z.string(), type: z.string() }).nullish(),
  }),
})

export type Delivery = z.infer<typeof deliverySchema>

/** Something happened in a repository. */
export interface Activity {
  /** Who did it, if that was a person. */
  person?: string
  repository: string
  details: Details
}

/** The parts of an event that processors look into. */
export interface Details {
  commits?: Commit[]
  commit?: { sha: string; commit: Omit<Commit, 'id'> }
  check_suite?: { head_commit: Commit | null }
  workflow_run?: { head_commit: Commit | null }
  comment?: { html_url: string; body: string; user: { login: string } | null }
  /** In a question: how many repositories are asked about. */
  of?: number
}

interface Commit {
  id: string
  message: string
  author: { name: string; username?: string }
}

/** A commit or a comment of a person. Many events contain the same one. */
export interface Contribution {
  person: string
  text: string
  /** The commit's hash, or the comment's address. */
  id: string
  repository: string
}

/** What came together in a repository, one of so many (`of`) that were asked about. */
export interface Tally {
  repository: string
  of: number
  counts: Counts
  people: Record<string, Counts>
}
