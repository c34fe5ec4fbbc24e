import type { Role } from '@aws-sdk/client-iam'
import { ListQueueTagsCommand } from '@aws-sdk/client-sqs'
import type { Scope } from '../../aws/names.ts'
import { gather } from '../../aws/sdk.ts'
import type { StageCounts } from '../../deploy/cloud.ts'
import { mended, unlessAbsent } from './failure.ts'
import { taggedResources } from './listing.ts'
import { ERRORS_QUEUE, ROLES_PATH } from './names.ts'
import { type Aws, openAwsResources } from './open.ts'
import { queueAddresses } from './queue.ts'
import { rolesUnder } from './role.ts'
import { kindOfTags, TAGS, type Tags } from './tags.ts'

/**
 * Lists all stages with resources in the account and region, by name. It lists by tags, which may lag by minutes.
 * Behind an endpoint, where tags may not be listed, it lists the errors queues: every stage has one, from its first
 * deploy to its last.
 */
export async function readStages(aws: Aws): Promise<readonly StageCounts[]> {
  try {
    const found = await (aws.listsByTags ? stagesByTags(aws) : stagesByQueue(aws))
    return [...found].sort((a, b) => compare(a.topology, b.topology) || compare(a.stage, b.stage))
  } catch (error) {
    throw mended(error, { doing: 'list all stages', region: aws.place.region })
  }
}

/** One resource of a stage. */
interface Found extends Scope {
  readonly kind: string
}

async function stagesByTags({ clients, place }: Aws): Promise<readonly StageCounts[]> {
  const tagged = await taggedResources(clients, [{ Key: TAGS.topology }, { Key: TAGS.stage }])
  const found = tagged.flatMap(({ tags }) => {
    const kind = kindOfTags(tags)
    return kind === undefined || kind === 'role' ? [] : [{ ...scopeIn(tags), kind }]
  })
  const roles = await rolesUnder(clients.iam, ROLES_PATH)
  return counted([...found, ...roles.flatMap((role) => roleIn(role, place.region))])
}

/** Reads the stage from the path of a role: `/attak/orders/dev/eu-west-1/`. */
function roleIn({ Path = '' }: Role, region: string): readonly Found[] {
  const [topology = '', stage = '', where] = Path.slice(ROLES_PATH.length).split('/')
  return where === region ? [{ topology, stage, kind: 'role' }] : []
}

async function stagesByQueue(aws: Aws): Promise<readonly StageCounts[]> {
  const { sqs } = aws.clients
  const scopes = await gather(await queueAddresses(sqs), async (QueueUrl) => {
    const answer = await unlessAbsent(sqs.send(new ListQueueTagsCommand({ QueueUrl })))
    const tags = answer?.Tags ?? {}
    return tags[TAGS.resource] === ERRORS_QUEUE ? scopeIn(tags) : undefined
  })
  const live = await gather(scopes, async (scope) => {
    const resources = await openAwsResources(aws, { scope }).list('thorough')
    return resources.map(({ kind }) => ({ ...scope, kind }))
  })
  return counted(live.flat())
}

function counted(found: readonly Found[]): readonly StageCounts[] {
  const stages = new Map<string, Scope & { readonly resources: Record<string, number> }>()
  for (const { topology, stage, kind } of [...found].sort((a, b) => compare(a.kind, b.kind))) {
    const key = `${topology} ${stage}`
    const one = stages.get(key) ?? { topology, stage, resources: {} }
    one.resources[kind] = (one.resources[kind] ?? 0) + 1
    stages.set(key, one)
  }
  return [...stages.values()]
}

function scopeIn(tags: Tags): Scope {
  return { topology: tags[TAGS.topology] ?? '', stage: tags[TAGS.stage] ?? '' }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
