import type { Place, Scope } from '../../aws/names.ts'
import type { Removal, Write } from '../../deploy/change.ts'
import type { Code } from '../../deploy/cloud.ts'
import type { JsonObject, LiveResource, Resource } from '../../graph/resource.ts'
import type { Clients } from './clients.ts'

/** One kind of resource: what a cloud does, for this kind alone. */
export interface Kind {
  /** What each service says is there, whatever the listing by tag knows. */
  list(): Promise<readonly LiveResource[]>
  /** See {@link import('../../deploy/resources.ts').CloudResources.read}. */
  read(resource: Resource): Promise<LiveResource | undefined>
  /** The settings in which what is there differs from what is wanted. */
  inspect(resource: Resource, live: LiveResource): Promise<readonly string[]>
  /** What there is, as a setting of this kind; only of a kind that costs something at rest. */
  describe?(live: LiveResource): Promise<JsonObject | undefined>
  write(change: Write): Promise<void>
  remove(removal: Removal): Promise<void>
}

/** What all kinds work with. */
export interface Account {
  readonly scope: Scope
  readonly place: Place
  readonly clients: Clients
  /** Whether something else than AWS may answer, which has addresses of its own. */
  readonly emulated: boolean
  /** When the deploy began, in milliseconds since 1970: mappings of streams that were there before start here. */
  readonly startedAtMs: number
  /** What functions run, by its hash. */
  readonly artifact: (hash: string) => Code
  /** The variables of a processor's function: plans hold their hashes alone. */
  readonly environment: (processor: string) => Readonly<Record<string, string>>
}

/** A change to what is there: all of it is written where that is not what the change was planned for. */
export function adopting(change: Write, live: LiveResource | undefined): Write {
  return change.live?.fingerprint === live?.fingerprint ? change : { ...change, settings: [] }
}

/** Whether what is there has to lose its fingerprint first: it was to be made, and is about to be changed. */
export function loosens(change: Write, live: LiveResource | undefined): live is LiveResource {
  return change.kind === 'create' && live?.fingerprint !== undefined
}

/** Whether any of `names` has to be written: all are where a change does not say which, or speaks of one it does not know. */
export function changes({ kind, settings, resource }: Write, ...names: readonly string[]): boolean {
  if (
    kind === 'create' ||
    settings.length === 0 ||
    settings.some((setting) => !(setting in resource.config) && !names.includes(setting))
  ) {
    return true
  }
  return names.some((name) => settings.includes(name))
}

/** The names among pairs of settings, wanted and found, that differ. */
export function differing(
  pairs: Readonly<Record<string, readonly [wanted: unknown, found: unknown]>>,
): readonly string[] {
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
