import {
  CreateEventSourceMappingCommand,
  DeleteEventSourceMappingCommand,
  type EventSourceMappingConfiguration,
  GetEventSourceMappingCommand,
  ListEventSourceMappingsCommand,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda'
import { NAME_LIMITS, type Place } from '../../aws/names.ts'
import type { MappingConfig } from '../../aws/resources.ts'
import { failedWith, gather, pagesOf } from '../../aws/sdk.ts'
import type { Write } from '../../deploy/change.ts'
import { AttakError } from '../../errors.ts'
import { prefixOf } from '../../graph/names.ts'
import type { Resource } from '../../graph/resource.ts'
import { isAbsent, unlessAbsent } from './failure.ts'
import { type Account, differing, type Kind } from './kind.ts'
import { lambdaTags, loosen, retag } from './lambda-tags.ts'
import { startOf, tuningOf, undone, wantedOf } from './mapping-config.ts'
import { found, listed, type Tags, tagPair, tagsOf } from './tags.ts'
import { poll } from './waits.ts'

/** A mapping takes a minute or two to begin, on real AWS. */
const READY = { firstMs: 250, maxMs: 3_000, withinMs: 600_000 }
const IAM = { firstMs: 1_000, maxMs: 5_000, withinMs: 180_000 }

type Mapping = EventSourceMappingConfiguration & { readonly UUID: string }

/** Event source mappings: what hands a function the records of a stream or queue. */
export function mappings({ scope, place, clients: { lambda }, startedAtMs }: Account): Kind {
  const under = async (filter: { FunctionName?: string; EventSourceArn?: string }): Promise<readonly Mapping[]> => {
    const mappings = await pagesOf(async (Marker) => {
      const page = await unlessAbsent(lambda.send(new ListEventSourceMappingsCommand({ ...filter, Marker })))
      return { items: page?.EventSourceMappings, next: page?.NextMarker }
    })
    return mappings.flatMap((one) =>
      one.UUID !== undefined && one.State !== 'Deleting' ? [{ ...one, UUID: one.UUID }] : [],
    )
  }

  /** All that join the two: AWS allows one. */
  const joining = ({ config }: Resource) => {
    const { function: FunctionName, source: EventSourceArn } = config as MappingConfig
    return under({ FunctionName, EventSourceArn })
  }

  const read = async (resource: Resource) => {
    const [mapping] = await joining(resource)
    if (mapping === undefined) return undefined
    const address = arnOf(place, mapping)
    const tags = await lambdaTags(lambda, address)
    return tags && found(scope, resource, address, tags)
  }

  /** Ends when it is at rest, and gives it; undefined when it is gone. */
  const atRest = async (UUID: string): Promise<Mapping | undefined> => {
    const rest = await poll('the mapping to begin', READY, async () => {
      const now = await unlessAbsent(lambda.send(new GetEventSourceMappingCommand({ UUID })))
      if (now === undefined) return { mapping: undefined }
      return now.State === undefined || /^(?:Enabled|Disabled)$/.test(now.State)
        ? { mapping: { ...now, UUID } }
        : undefined
    })
    if (rest !== undefined) return rest.mapping
    throw new AttakError('AWS_REFUSED', `mapping ${UUID} does not come to rest`, 'Deploy again later.')
  }

  /** Sends a change, once what AWS is doing with the mapping has ended and IAM has told of the role. */
  const settled = async <T>(send: () => Promise<T>): Promise<T> => {
    let last: unknown
    const answer = await poll('IAM, or a change that is under way', IAM, async () => {
      try {
        return { value: await send() }
      } catch (error) {
        if (!failedWith(error, 'ResourceInUseException') && !isRoleUnknown(error)) throw error
        last = error
        return undefined
      }
    })
    if (answer === undefined) throw last
    return answer.value
  }

  return {
    read,

    async list() {
      const prefix = `:function:${prefixOf(scope.topology, scope.stage, NAME_LIMITS.function)}`
      const ours = (await under({})).filter(({ FunctionArn = '' }) => FunctionArn.includes(prefix))
      return gather(ours, async (mapping) => {
        const address = arnOf(place, mapping)
        const tags = await lambdaTags(lambda, address)
        return tags && listedMapping(scope, address, tags)
      })
    },

    async inspect(resource) {
      const [mapping] = await joining(resource)
      if (mapping === undefined) return []
      const tags = (await lambdaTags(lambda, arnOf(place, mapping))) ?? {}
      return differing({
        ...wantedOf(resource.config as MappingConfig, mapping),
        tags: tagPair(scope, resource, tags),
      })
    },

    async write(write) {
      const { resource } = write
      const config = resource.config as MappingConfig
      let live = await read(resource)
      if (live === undefined && (await create(write))) return
      live ??= await read(resource)
      const [mapping, ...extra] = await joining(resource)
      if (mapping === undefined) throw new Error(`${resource.id} went while it was written`)
      for (const { UUID } of extra) await drop(UUID)
      const address = arnOf(place, mapping)
      await loosen(lambda, address, write, live)
      await atRest(mapping.UUID)
      const FunctionName = config.function
      const input = { UUID: mapping.UUID, FunctionName, ...tuningOf(config, mapping), ...undone(write.settings) }
      await settled(() => lambda.send(new UpdateEventSourceMappingCommand(input)))
      await atRest(mapping.UUID)
      await retag(lambda, write, { scope, address, live })
    },

    async remove({ live: { address } }) {
      const UUID = address.slice(address.lastIndexOf(':') + 1)
      await drop(UUID)
      await atRest(UUID)
    },
  }

  /** One call makes it with all its settings and tags. Gives false when it was there already. */
  async function create({ resource, fingerprint, made }: Write): Promise<boolean> {
    const config = resource.config as MappingConfig
    const isNew = made.some((id) => id.startsWith('stream/'))
    const input = {
      EventSourceArn: config.source,
      FunctionName: config.function,
      ...tuningOf(config),
      ...startOf(config, isNew ? undefined : startedAtMs),
      Tags: tagsOf(scope, resource, fingerprint),
    }
    try {
      const mapping = await settled(() => lambda.send(new CreateEventSourceMappingCommand(input)))
      await atRest(mapping.UUID!)
      // After a lost answer, an emulator makes it twice.
      if ((mapping.$metadata.attempts ?? 1) > 1) {
        for (const { UUID } of (await joining(resource)).filter(({ UUID }) => UUID !== mapping.UUID)) await drop(UUID)
      }
      return true
    } catch (error) {
      if (!failedWith(error, 'ResourceConflictException') || (await read(resource)) === undefined) throw error
      return false
    }
  }

  async function drop(UUID: string) {
    try {
      await settled(() => lambda.send(new DeleteEventSourceMappingCommand({ UUID })))
    } catch (error) {
      if (!isAbsent(error)) throw error
    }
  }
}

/** A mapping as a listing by tag tells it. */
export function listedMapping(scope: Account['scope'], address: string, tags: Tags) {
  const live = listed(scope, address, '', tags)
  return live && { ...live, name: live.id.slice(live.id.indexOf('/') + 1) }
}

function arnOf({ partition, region, account }: Place, { UUID, EventSourceMappingArn }: Mapping): string {
  return EventSourceMappingArn ?? `arn:${partition}:lambda:${region}:${account}:event-source-mapping:${UUID}`
}

/** Lambda's words for a role that may not read the source, which is so until IAM has told of its policy. */
function isRoleUnknown(error: unknown): boolean {
  return (
    failedWith(error, 'InvalidParameterValueException') &&
    /cannot be assumed|does not have permissions|ensure the role can perform|cannot access stream/i.test(
      (error as Error).message,
    )
  )
}
