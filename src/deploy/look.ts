import { AttakError, errorOf, type Problem } from '../errors.ts'
import type { LiveResource, Resource } from '../graph/resource.ts'
import { keyOf } from './judge.ts'
import { distrust, isSettled } from './mark.ts'
import type { CloudResources, Marks } from './resources.ts'

/** The found state of a stage. */
export interface View {
  readonly live: readonly LiveResource[]
  readonly marks: Marks
  /** Whether the last deploy was through, and the listing up to date. */
  readonly settled: boolean
}

/** The resources to look for. */
export interface Looking {
  readonly wanted: readonly Resource[]
  /** Also read by name: what may be there although it is not wanted. */
  readonly known?: readonly Resource[]
  /** Whether to read the actual settings of every resource. */
  readonly refresh?: boolean
}

/**
 * Finds what lives; with `marks`, as after a deploy that left those. A quick listing is believed when it shows what the last deploy was to lead to; else everything is
 * listed thoroughly and read by name. What the listing lacks is read by name in any case, so that nothing is made twice.
 * Throws one RESOURCE_NOT_OURS with all problems where wanted names are taken.
 */
export async function look(cloud: CloudResources, looking: Looking, before?: Marks): Promise<View> {
  const { wanted, known = [], refresh = false } = looking
  const marks = before ?? (await cloud.marks())
  const quick = await cloud.list('quick')
  const settled = isSettled(quick, marks)
  const listed = settled ? quick : await cloud.list('thorough')
  const found = new Map(listed.map((live) => [`${keyOf(live)} ${live.address}`, live]))
  const keys = new Set(listed.map(keyOf))
  const toRead = settled ? wanted.filter((resource) => !keys.has(keyOf(resource))) : wanted
  const alsoKnown = settled ? [] : known.filter((one) => !wanted.some((other) => keyOf(other) === keyOf(one)))
  const reads = [...(await readAll(cloud, toRead)), ...(await readAll(cloud, alsoKnown, true))]
  for (const { resource, live } of reads) {
    for (const [key, other] of found) if (keyOf(other) === keyOf(resource) && !live) found.delete(key)
    if (live !== undefined) found.set(`${keyOf(live)} ${live.address}`, live)
  }
  const live = distrust([...found.values()], marks)
  return { live: refresh ? await inspectAll(cloud, wanted, live) : live, marks, settled }
}

interface Reading {
  readonly resource: Resource
  readonly live: LiveResource | undefined
}

/** Reads by name; a name that something else bears is a problem, or as good as absent where strangers may be. */
async function readAll(
  cloud: CloudResources,
  resources: readonly Resource[],
  strangersMayBe = false,
): Promise<readonly Reading[]> {
  const results = await Promise.allSettled(resources.map((resource) => cloud.read(resource)))
  const problems: Problem[] = []
  const readings: Reading[] = []
  for (const [index, result] of results.entries()) {
    const resource = resources[index]!
    if (result.status === 'fulfilled') readings.push({ resource, live: result.value })
    else if (!(result.reason instanceof AttakError)) throw result.reason
    else if (strangersMayBe && result.reason.code === 'RESOURCE_NOT_OURS') readings.push({ resource, live: undefined })
    else problems.push(problemOf(result.reason, whereOf(resource)))
  }
  if (problems.length > 0) throw errorOf(problems)
  return readings
}

async function inspectAll(
  cloud: CloudResources,
  wanted: readonly Resource[],
  live: readonly LiveResource[],
): Promise<readonly LiveResource[]> {
  const byKey = new Map(wanted.map((resource) => [keyOf(resource), resource]))
  return Promise.all(
    live.map(async (one) => {
      const resource = byKey.get(keyOf(one))
      if (resource === undefined || cloud.inspect === undefined) return one
      return { ...one, drift: await cloud.inspect(resource, one) }
    }),
  )
}

/** Returns an error of one resource as a problem. */
export function problemOf(error: unknown, where: string): Problem {
  const severity = 'error'
  if (error instanceof AttakError) {
    return { code: error.code, severity, where, what: error.message, remedy: error.remedy }
  }
  const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined }
  const remedy = 'Deploy again: it continues from there.'
  return { code: 'DEPLOY_FAILED', severity, where, what: message, remedy, ...(stack === undefined ? {} : { stack }) }
}

/** A resource as a problem names it. */
export function whereOf({ kind, name }: Pick<LiveResource, 'kind' | 'name'>): string {
  return `${kind} ${name}`
}
