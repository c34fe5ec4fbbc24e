import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import type { Place, Scope } from '../../aws/names.ts'
import { gather } from '../../aws/sdk.ts'
import type { Code } from '../../deploy/cloud.ts'
import type { CloudResources, MarkName, Marks, Report } from '../../deploy/resources.ts'
import { AttakError } from '../../errors.ts'
import type { Resource } from '../../graph/resource.ts'
import { errorsQueue } from '../../stores/sqs/resources.ts'
import { type AwsSettings, type Clients, openClients, profileRegion } from './clients.ts'
import { idleCosts } from './costs.ts'
import { CHECK_PROXY, mended, quoted } from './failure.ts'
import { functions } from './function.ts'
import type { Account, Kind } from './kind.ts'
import { listByService, listByTags } from './listing.ts'
import { logGroups } from './logs.ts'
import { mappings } from './mapping.ts'
import { ERRORS_QUEUE, errorsQueueName } from './names.ts'
import { queues } from './queue.ts'
import { roles } from './role.ts'
import { streams } from './stream.ts'
import type { Tags } from './tags.ts'
import { reportingTo } from './waits.ts'

/** An account in a region, opened with credentials. */
export interface Aws {
  readonly place: Place
  /** The owner of the credentials: `arn:aws:iam::123456789012:user/ada`. */
  readonly identity: string
  readonly clients: Clients
  /** Whether an endpoint was given, behind which something else than AWS may be. */
  readonly emulated: boolean
  /** Whether all kinds of resources can be listed by their tags; some emulators know the tags of a few. */
  readonly listsByTags: boolean
  close(): void
}

/** The arguments of a stage's cloud. */
export interface StageOptions {
  readonly scope: Scope
  /** When this run began, in milliseconds since 1970: what reads a stream that was there before begins here. */
  readonly startedAtMs?: number
  /** Returns the code of functions, by its hash. Absent, like the next field, if nothing is written. */
  readonly artifact?: (hash: string) => Code
  /** The variables of a processor's function, by its name. */
  readonly variables?: (processor: string) => Readonly<Record<string, string>>
}

/** The resources of a stage, which can be asked how they are. */
export interface AwsResources extends CloudResources, Pick<Kind, 'status'> {}

/** Every kind of resource, dependencies first. */
export const KINDS = ['queue', 'table', 'stream', 'logs', 'role', 'function', 'mapping'] as const

/**
 * Opens AWS: finds out whose the credentials are, which takes one call. `now` is a clock in milliseconds. Throws
 * REGION_MISSING, CREDENTIALS_MISSING, CREDENTIALS_EXPIRED, CREDENTIALS_REFUSED and AWS_UNREACHABLE.
 */
export async function openAws(settings: AwsSettings, now: () => number): Promise<Aws> {
  const region = settings.region ?? (await profileRegion(settings.profile))
  if (!/^[a-z]{2,4}(?:-[a-z]+)+-\d+$/.test(region)) {
    const what = region === '' ? 'no AWS region is set' : `"${region}" is not an AWS region`
    throw new AttakError(
      'REGION_MISSING',
      what,
      'Set AWS_REGION, for example to eu-west-1, or pass --region, or give your profile one.',
    )
  }
  const clients = openClients({ ...settings, region }, now)
  try {
    const { Account = '', Arn = '' } = await clients.sts.send(new GetCallerIdentityCommand({}))
    if (!/^\d{12}$/.test(Account)) throw nobody(Account)
    const partition = /^arn:(aws[a-z-]*):[^\p{C}\p{Z}]*$/u.exec(Arn)?.[1]
    if (partition === undefined && Arn !== '') throw nobody(Arn)
    const place = { partition: partition ?? 'aws', region, account: Account }
    const emulated = settings.endpoint !== undefined
    return { place, identity: Arn, clients, emulated, listsByTags: !emulated, close: () => clients.close() }
  } catch (error) {
    clients.close()
    const { profile } = settings
    throw mended(error, { doing: `sign in to AWS${profile === undefined ? '' : ` by profile "${profile}"`}`, region })
  }
}

/**
 * The error of an invalid identity. The SDK takes an empty answer for success, but no answer of AWS is empty. AWS names
 * accounts by digits only.
 */
function nobody(named: string): AttakError {
  const without = named === '' ? 'without an account' : `with ${quoted(named)}, which is not an AWS account`
  const what = `could not sign in to AWS: STS GetCallerIdentity was answered ${without}`
  return new AttakError('AWS_REFUSED', what, CHECK_PROXY)
}

/** Returns a place for when no credentials exist: any account, and any region if none is set. */
export async function anyPlace(region: string | undefined, profile: string | undefined): Promise<Place> {
  const said = region ?? (await profileRegion(profile))
  const partition = said.startsWith('cn-') ? 'aws-cn' : said.startsWith('us-gov-') ? 'aws-us-gov' : 'aws'
  return { partition, region: said === '' ? '*' : said, account: '*' }
}

/** Opens the cloud of one stage. Its errors have a remedy. */
export function openAwsResources(
  aws: Aws,
  { scope, startedAtMs = 0, artifact = nothing, variables = nothing }: StageOptions,
): AwsResources {
  const { place, clients, emulated, listsByTags } = aws
  const account: Account = { scope, place, clients, emulated, startedAtMs, artifact, environment: variables }
  const ownQueues = queues(account)
  const kinds: Readonly<Record<(typeof KINDS)[number], Kind>> = {
    queue: ownQueues,
    table: loadedLater(async () => (await import('./table.ts')).tables(account, await clients.dynamodb())),
    stream: streams(account),
    logs: logGroups(account),
    role: roles(account),
    function: functions(account),
    mapping: mappings(account),
  }
  const kindOf = ({ kind }: Pick<Resource, 'kind'>): Kind => kinds[kind as keyof typeof kinds]
  const marker = errorsQueue(scope, {})
  const told = async <T>(doing: string, work: () => Promise<T>, report?: Report): Promise<T> => {
    try {
      return await (report === undefined ? work() : reportingTo(report, work))
    } catch (error) {
      throw mended(error, { doing, region: place.region })
    }
  }
  return {
    name: 'aws',
    kinds: KINDS,
    marker: ERRORS_QUEUE,
    list: (how) =>
      told('list what there is', () =>
        how === 'quick' && listsByTags ? listByTags(account, kinds.role) : listByService(kinds),
      ),
    read: (resource) => told(`read ${resource.id}`, () => kindOf(resource).read(resource)),
    inspect: (resource, live) => told(`inspect ${resource.id}`, () => kindOf(resource).inspect(resource, live)),
    write: (change, report) => told(`write ${change.id}`, () => kindOf(change.resource).write(change), report),
    remove: (removal, report) => told(`remove ${removal.id}`, () => kindOf(removal.live).remove(removal), report),
    marks: () => told('read who deploys', async () => marksIn((await ownQueues.tagsOf(errorsQueueName(scope))) ?? {})),
    mark: (name, text) => told('mark the stage', () => ownQueues.mark(marker, markTag(name), text)),
    describe: (left) =>
      told('look at what is left over', () =>
        gather(left, async (live) => {
          const config = await kindOf(live).describe?.(live)
          return config && { kind: live.kind, config }
        }),
      ),
    costs: idleCosts,
    status: (asked) => told(`read ${asked.id}`, () => kindOf(asked).status(asked)),
  }
}

function nothing(): never {
  throw new Error('nothing is written')
}

/** A kind that few topologies have: its code comes with a client, which costs time to load, and is loaded when it is needed. */
function loadedLater(load: () => Promise<Kind>): Kind {
  return {
    list: async () => (await load()).list(),
    read: async (resource) => (await load()).read(resource),
    inspect: async (resource, live) => (await load()).inspect(resource, live),
    status: async (asked) => (await load()).status(asked),
    write: async (change) => (await load()).write(change),
    remove: async (removal) => (await load()).remove(removal),
  }
}

/** Returns the tag of the errors queue that carries a mark. */
function markTag(name: MarkName): string {
  return `attak:${name}`
}

function marksIn(tags: Tags): Marks {
  const marks = (['deploy', 'overtaken', 'ended'] as const).map((name) => [name, tags[markTag(name)]])
  return Object.fromEntries(marks.filter(([, text]) => text !== undefined))
}
