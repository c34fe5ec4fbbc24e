import type { Place, Scope } from '../../aws/names.ts'
import { failedWith } from '../../aws/sdk.ts'
import type { Removal, Write } from '../../deploy/change.ts'
import type { Code, ResourceStatus } from '../../deploy/cloud.ts'
import type { JsonObject, LiveResource, Resource } from '../../graph/resource.ts'
import type { Clients } from './clients.ts'
import { isAbsent, unlessAbsent } from './failure.ts'
import { found, listed, type Seen, staleTags, TAGS, type Tags, tagsOf, userTags } from './tags.ts'
import { type Pace, poll } from './waits.ts'

/** One kind of resource: what a cloud does, for this kind alone. */
export interface Kind {
  /** Asks the service for its resources, which lags less than the listing by tag. */
  list(): Promise<readonly LiveResource[]>
  /** See {@link import('../../deploy/resources.ts').CloudResources.read}. */
  read(resource: Resource): Promise<LiveResource | undefined>
  /** Returns the settings that differ from the wanted ones. */
  inspect(resource: Resource, live: LiveResource): Promise<readonly string[]>
  /** Returns the live configuration; only for kinds that cost something at rest. */
  describe?(live: LiveResource): Promise<JsonObject | undefined>
  /** Returns the status of a resource; undefined if it does not exist. */
  status(asked: Asked): Promise<Status | undefined>
  write(change: Write): Promise<void>
  remove(removal: Removal): Promise<void>
}

/** A resource to ask about. Without its project its settings are not known, and its address is. */
export type Asked = Pick<Resource, 'id' | 'kind' | 'name' | 'config' | 'processor'> &
  Partial<Pick<LiveResource, 'address'>>

/** How a resource is, in the words of its service. */
export type Status = Pick<ResourceStatus, 'state' | 'fine' | 'details'>

/** Returns a status; details that are undefined or empty are left out. */
export function statusOf(
  state: string | undefined,
  fine: boolean,
  details: Readonly<Record<string, string | number | undefined>>,
): Status {
  const given = Object.entries(details).filter((entry): entry is [string, string | number] => (entry[1] ?? '') !== '')
  return { state: state ?? 'unknown', fine, details: Object.fromEntries(given) }
}

/** The common arguments of all kinds. */
export interface Account {
  readonly scope: Scope
  readonly place: Place
  readonly clients: Clients
  /** Whether an emulator may answer, which has different addresses than AWS. */
  readonly emulated: boolean
  /** When the deploy began, in milliseconds since 1970: mappings of streams that were there before start here. */
  readonly startedAtMs: number
  /** Returns the code of functions, by its hash. */
  readonly artifact: (hash: string) => Code
  /** The variables of a processor's function: plans hold their hashes alone. */
  readonly environment: (processor: string) => Readonly<Record<string, string>>
}

/**
 * The operations of one service on one kind of resource. {@link kindOf} makes a {@link Kind} of it, which refuses
 * foreign resources, adopts existing ones, and writes the fingerprint last.
 */
export interface Service {
  /** Returns the resource with this name, whether attak made it or not. */
  find(resource: Resource): Promise<Seen | undefined>
  /** Returns what may be of this stage, by name. */
  list(): Promise<readonly Seen[]>
  /** Returns pairs of the wanted and the live value by setting; undefined if the resource does not exist. */
  compare(resource: Resource): Promise<Pairs | undefined>
  /** See {@link Kind.describe}. */
  describe?(live: LiveResource): Promise<JsonObject | undefined>
  /** See {@link Kind.status}. It may throw instead if the resource does not exist. */
  status(asked: Asked): Promise<Status | undefined>
  /**
   * Makes a resource with its tags. Returns `whole` if it is as wanted, with its fingerprint; `bare` if this call made it;
   * `unsure` if it may have been there: from a try whose answer was lost, or from another deploy.
   */
  create(change: Write): Promise<'whole' | 'bare' | 'unsure'>
  /** Updates settings to the wanted ones, and waits until the resource can be used. */
  update(writing: Writing): Promise<void>
  /** Returns tags beside those of every resource. */
  ownTags?(writing: Writing): Tags
  tag(writing: Writing, tags: Tags): Promise<unknown>
  untag(live: LiveResource, keys: string[]): Promise<unknown>
  /** Asks for the removal; true when it is gone. It is called again until then, also when it fails because AWS is busy. */
  remove(live: LiveResource): Promise<boolean>
  /** How long a removal takes. */
  readonly pace?: Pace
  /** Whether a listing that shows it whole is believed before an update, which saves a call for each. */
  readonly trustsListing?: boolean
}

/** A change that is being written. */
export interface Writing extends Omit<Write, 'live'> {
  /** The existing resource; undefined if it was just made. */
  readonly live: LiveResource | undefined
  /** The settings that the plan names. `settings` is empty instead where all of them are written. */
  readonly planned: readonly string[]
}

/** Pairs of the wanted and the found value, by setting. */
export type Pairs = Readonly<Record<string, readonly [wanted: unknown, found: unknown]>>

/** Returns the kind of resource that a service has, for one stage. */
export function kindOf(scope: Scope, service: Service): Kind {
  const seenAs = async (resource: Resource): Promise<There | undefined> => {
    const seen = await service.find(resource)
    return seen && { live: found(scope, resource, seen), tags: seen.tags }
  }
  return {
    list: async () => (await service.list()).flatMap((seen) => listed(scope, seen) ?? []),
    read: async (resource) => (await seenAs(resource))?.live,
    inspect: async (resource) => differing((await service.compare(resource)) ?? {}),
    ...(service.describe && { describe: service.describe }),
    status: (asked) => unlessAbsent(service.status(asked)),
    async write(change) {
      const { kind, live, resource } = change
      const isTrusted = service.trustsListing && kind === 'update' && live?.fingerprint !== undefined
      try {
        await bring(isTrusted ? { live } : await seenAs(resource), change)
      } catch (error) {
        if (!isTrusted || !isAbsent(error)) throw error
        await bring(await seenAs(resource), change)
      }
    },
    async remove({ live }) {
      let last: unknown
      const tryRemoving = async () => {
        try {
          return (await service.remove(live)) || undefined
        } catch (error) {
          if (isAbsent(error)) return true
          if (!failedWith(error, ...BUSY)) throw error
          last = error
          return undefined
        }
      }
      await poll(`${live.kind} ${live.name} to be gone`, service.pace ?? AT_ONCE, tryRemoving, () => last)
    },
  }

  async function bring(before: There | undefined, change: Write): Promise<void> {
    const { resource, fingerprint, kind, settings: planned } = change
    const made = before === undefined && (await service.create(change))
    if (made === 'whole') return
    // Whichever deploy made it first, it must be ours.
    const there = made === 'unsure' ? await seenAs(resource) : before
    const live = there?.live
    if (made === 'unsure' && live?.fingerprint === fingerprint) return
    // An existing resource that should have been made counts as half-made until all of it is written.
    if (kind === 'create' && live?.fingerprint !== undefined) await service.untag(live, [TAGS.config])
    const isAsPlanned = change.live?.fingerprint === live?.fingerprint
    const writing = { ...change, live, planned, settings: isAsPlanned ? planned : [] }
    await service.update(writing)
    if (live !== undefined && changes(writing, 'tags')) {
      const tags = there?.tags ?? (await service.find(resource))?.tags ?? {}
      const stale = staleTags(tags, userTags(resource.config))
      if (stale.length > 0) await service.untag(live, [...stale])
    }
    await service.tag(writing, { ...tagsOf(scope, resource, fingerprint), ...service.ownTags?.(writing) })
  }
}

/** A live resource, with its tags if they were requested. */
interface There {
  readonly live: LiveResource
  readonly tags?: Tags
}

/** For removals that one call does. */
const AT_ONCE: Pace = { firstMs: 500, maxMs: 3_000, withinMs: 60_000 }

/** AWS's errors while it changes a resource, or too many of them. */
const BUSY = ['ResourceInUseException', 'ResourceConflictException', 'LimitExceededException']

/**
 * Whether any of `names` must be written. Returns true for all if a change names no setting, or one it does not know.
 */
export function changes({ kind, settings, resource }: Writing, ...names: readonly string[]): boolean {
  if (
    kind === 'create' ||
    settings.length === 0 ||
    settings.some((setting) => !(setting in resource.config) && !names.includes(setting))
  ) {
    return true
  }
  return names.some((name) => settings.includes(name))
}

function differing(pairs: Pairs): readonly string[] {
  return Object.entries(pairs)
    .filter(([, [wanted, found]]) => canonical(wanted) !== canonical(found))
    .map(([name]) => name)
}

function canonical(value: unknown): string {
  return JSON.stringify(value ?? null, (_, inner) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}
