import type { Scope } from '../../aws/names.ts'
import { AttakError } from '../../errors.ts'
import { ERRORS_PART } from '../../graph/names.ts'
import type { JsonObject, LiveResource, Resource } from '../../graph/resource.ts'

/** The tags of every resource of a topology; user's tags are added. */
export const TAGS = Object.freeze({
  topology: 'attak:topology',
  stage: 'attak:stage',
  processor: 'attak:processor',
  /** The id of the resource in its topology: `function/bill`. */
  resource: 'attak:resource',
  /** The fingerprint of the wanted configuration, written last. */
  config: 'attak:config',
  /** The SHA-256 of a function's code as it was uploaded, as Lambda returns it. */
  code: 'attak:code',
})

/** Tags by their keys. */
export type Tags = Readonly<Record<string, string>>

/** A resource as a service lists it, whether attak made it or not. */
export interface Seen {
  /** Empty if only its tags identify it. */
  readonly name: string
  readonly address: string
  readonly tags: Tags
}

/** Tags as most services take them. */
export function pairsOfTags(tags: Tags) {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
}

/** Tags as most services list them. */
export function tagsOfPairs(pairs: readonly { Key?: string | undefined; Value?: string | undefined }[] = []): Tags {
  return Object.fromEntries(pairs.map(({ Key, Value }) => [Key!, Value ?? '']))
}

/** All tags of a resource but its fingerprint; with one, that too. The user's stand in its setting `tags`. */
export function tagsOf(
  { topology, stage }: Scope,
  resource: Pick<Resource, 'id' | 'config' | 'processor'>,
  fingerprint?: string,
): Tags {
  return {
    ...userTags(resource.config),
    [TAGS.topology]: topology,
    [TAGS.stage]: stage,
    [TAGS.resource]: resource.id,
    ...(resource.processor !== undefined && { [TAGS.processor]: resource.processor }),
    ...(fingerprint !== undefined && { [TAGS.config]: fingerprint }),
  }
}

/** The user's own tags of a resource. */
export function userTags({ tags }: JsonObject): Tags {
  return (tags ?? {}) as Tags
}

/** Tags that a resource carries and that are wanted no longer; those of attak and of AWS itself are left. */
export function staleTags(live: Tags, wanted: Tags): readonly string[] {
  return Object.keys(live).filter((key) => !(key in wanted) && !/^(?:attak|aws):/.test(key))
}

/** Returns the wanted and the live tags of a resource, without those that record deploys. */
export function tagPair(scope: Scope, resource: Resource, live: Tags): readonly [wanted: Tags, found: Tags] {
  const wanted = tagsOf(scope, resource)
  const found = Object.entries(live).filter(([key]) => key in wanted || !/^(?:attak|aws):/.test(key))
  return [wanted, Object.fromEntries(found)]
}

function isOurs({ topology, stage }: Scope, tags: Tags): boolean {
  return tags[TAGS.topology] === topology && tags[TAGS.stage] === stage
}

/** Returns a resource that was found by its name. Throws RESOURCE_NOT_OURS if its tags do not match. */
export function found(scope: Scope, resource: Resource, { address, tags }: Omit<Seen, 'name'>): LiveResource {
  if (!isOurs(scope, tags) || tags[TAGS.resource] !== resource.id) throw notOurs(address)
  return {
    id: resource.id,
    kind: resource.kind,
    name: resource.name,
    address,
    fingerprint: tags[TAGS.config],
    holdsData: resource.holdsData,
    ...(resource.processor !== undefined && { processor: resource.processor }),
  }
}

/** The kind of a resource of attak's, by its tags; undefined for anything else. */
export function kindOfTags(tags: Tags): string | undefined {
  const id = tags[TAGS.resource]
  return id === undefined ? undefined : id.slice(0, id.indexOf('/'))
}

/** Returns a listed resource, identified by its tags alone; undefined if they name another topology, or none. */
export function listed(scope: Scope, { name, address, tags }: Seen): LiveResource | undefined {
  const id = tags[TAGS.resource]
  if (!isOurs(scope, tags) || id === undefined) return undefined
  const kind = id.slice(0, id.indexOf('/'))
  return {
    id,
    kind,
    name: name === '' ? id.slice(kind.length + 1) : name,
    address,
    fingerprint: tags[TAGS.config],
    holdsData: kind === 'stream' || kind === 'queue' || kind === 'logs' || id === `table/${ERRORS_PART}`,
    ...(tags[TAGS.processor] !== undefined && { processor: tags[TAGS.processor] }),
  }
}

function notOurs(address: string): AttakError {
  return new AttakError(
    'RESOURCE_NOT_OURS',
    `${address} exists already and does not belong to this topology and stage`,
    'Rename the topology or the stage, or remove that resource if nothing needs it.',
  )
}
