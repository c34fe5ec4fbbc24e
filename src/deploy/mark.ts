import { hashOf, type LiveResource, stamped } from '../graph/resource.ts'
import { keyOf } from './judge.ts'
import { compareText } from './order.ts'
import type { Plan } from './plan.ts'
import type { Marks } from './resources.ts'

/**
 * A deploy's mark on its stage, made before it changes anything: `b7c1… 5f0e… 1a2b3c.4d5e6f`. It contains the deploy's
 * id, the digest of the final listing, and the resources that change in place.
 */
export interface DeployMark {
  /** Without spaces. */
  readonly deployId: string
  /**
   * The digest of the final listing; `pending` while resources must be removed, because a listing that lags can look as
   * if they were already gone.
   */
  readonly digest: string
  /** Short hashes of the resources that are changed in place, or all of them. */
  readonly writes: readonly string[] | 'all'
}

const PENDING = 'pending'
/** So that a mark has at most 256 characters: 24 × 7, a digest, and 60 for an id. */
const MOST_WRITES = 24
const NONE = '-'

/** The mark of a deploy that is about to apply a plan. */
export function markFor(deployId: string, plan: Plan): DeployMark {
  const inPlace = plan.changes.flatMap((change) =>
    change.kind === 'update' && change.live?.fingerprint !== undefined ? [shortHash(change.resource)] : [],
  )
  const removes = plan.changes.some(({ kind }) => kind === 'remove')
  return {
    deployId,
    digest: removes ? PENDING : digestAfter(plan, deployId),
    writes: inPlace.length > MOST_WRITES ? 'all' : inPlace.sort(compareText),
  }
}

/** The mark of a deploy that is through. */
export function finalMark(deployId: string, plan: Plan): DeployMark {
  return { deployId, digest: digestAfter(plan, deployId), writes: [] }
}

/** A mark as the text of a tag; of letters, digits, spaces, `.` and `-`. */
export function markText({ deployId, digest, writes }: DeployMark): string {
  return `${deployId} ${digest} ${writes === 'all' ? writes : writes.join('.') || NONE}`
}

/** Parses a mark. An unknown form counts as a deploy that may have been changing anything. */
export function parseMark(text: string): DeployMark {
  const [deployId = '', digest = PENDING, writes = 'all'] = text.split(' ')
  return { deployId, digest, writes: writes === 'all' ? writes : writes === NONE ? [] : writes.split('.') }
}

/**
 * Whether the listing is the result of the last deploy. Then that deploy completed, no other deploy wrote meanwhile,
 * and the listing is up to date.
 */
export function isSettled(live: readonly LiveResource[], marks: Marks): boolean {
  return (
    marks.deploy !== undefined && marks.overtaken === undefined && parseMark(marks.deploy).digest === digestOf(live)
  )
}

/** How a deploy ended: all was done, or it stopped before. */
export type End = 'through' | 'stopped'

/** The mark of a deploy that has ended, as the text of a tag. */
export function endText(deployId: string, end: End): string {
  return `${deployId} ${end}`
}

/** How the last deploy ended; undefined while it may still be running, or when it died. */
export function endOf({ deploy, ended }: Marks): End | undefined {
  const [deployId, end] = ended?.split(' ') ?? []
  if (deploy === undefined || parseMark(deploy).deployId !== deployId) return undefined
  return end === 'through' ? 'through' : 'stopped'
}

/** Whether all that the last deploy wanted was there when it ended, and no other deploy was writing meanwhile. */
export function isThrough(marks: Marks): boolean {
  return marks.overtaken === undefined && endOf(marks) === 'through'
}

/** Calls those unsure that a deploy which did not get through may have been changing in place. */
export function distrust(live: readonly LiveResource[], marks: Marks): readonly LiveResource[] {
  if (marks.deploy === undefined || isThrough(marks) || isSettled(live, marks)) return live
  const { writes } = parseMark(marks.deploy)
  const mayBe = (one: LiveResource) => writes === 'all' || writes.includes(shortHash(one))
  return live.map((one) => (one.fingerprint !== undefined && mayBe(one) ? { ...one, unsure: true } : one))
}

/**
 * Returns the digest of the future listing. Written resources carry the stamp of the deploy, so that no earlier state
 * has the same digest.
 */
function digestAfter({ changes, unchanged, kept }: Plan, deployId: string): string {
  const written = changes.flatMap((change) =>
    change.kind === 'remove' ? [] : [{ ...change.resource, fingerprint: stamped(change.fingerprint, deployId) }],
  )
  return digestOf([...written, ...unchanged, ...kept.map(({ live }) => live)])
}

function digestOf(live: readonly Pick<LiveResource, 'kind' | 'name' | 'fingerprint'>[]): string {
  const lines = live.map((one) => `${keyOf(one)} ${one.fingerprint ?? ''}`)
  return hashOf(lines.sort(compareText)).slice(0, 16)
}

function shortHash(one: Pick<LiveResource, 'kind' | 'name'>): string {
  return hashOf(keyOf(one)).slice(0, 6)
}
