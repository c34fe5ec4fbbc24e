import { InvokeCommand } from '@aws-sdk/client-lambda'
import { functionName } from '../../aws/names.ts'
import type { CloudStage, StageName } from '../../deploy/cloud.ts'
import { AttakError } from '../../errors.ts'
import type { Graph } from '../../graph/graph.ts'
import { openErrors } from './errors/open.ts'
import { isAbsent, mended } from './failure.ts'
import type { Account } from './kind.ts'
import { hasFifoCrashes, type LiveGraph, liveGraphOf } from './live-graph.ts'
import { readLogLines } from './log-lines.ts'
import { type Aws, openAwsResources } from './open.ts'
import { readPosition } from './read-back.ts'
import { readLiveStatus, readStatus } from './status.ts'
import { wantedResources } from './wanted.ts'

/**
 * What an asynchronous invocation takes, in bytes of its payload.
 * Source: Lambda quotas, invocation payload, asynchronous, read 2026-11-21.
 */
const MOST_INVOKE_BYTES = 1024 * 1024

/** Opens a stage for all that writes nothing. Without its graph, the names of what is live tell what it has. */
export function openStage(aws: Aws, scope: StageName, graph: Graph | undefined): CloudStage {
  const { place, clients } = aws
  const account = { scope, place, clients }
  const resources = openAwsResources(aws, { scope, startedAtMs: 0, artifact: nothing, variables: nothing })
  const known = () => (graph === undefined ? [] : resourcesOf(graph, aws))
  let found: Promise<LiveGraph> | undefined
  const live = () => {
    if (graph !== undefined) return Promise.resolve({ graph, fifo: hasFifoCrashes(graph) })
    found ??= resources.list('thorough').then((listed) => liveGraphOf(scope, listed))
    return found
  }
  return {
    resources,
    known,
    processors: async () => (await live()).graph.processors.map(({ name }) => name),
    status: () => (graph === undefined ? readLiveStatus(account, resources) : readStatus(account, known(), resources)),
    logs: (query) => readLogLines(account, query),
    mostSendBytes: MOST_INVOKE_BYTES,
    send: (processor, payload) => invokeLater(account, processor, payload),
    errors: async (seen) => openErrors(account, { ...(await live()), known: seen }),
    readBack: async (position, processor) =>
      readPosition(account, { graph: (await live()).graph, processor }, position),
  }
}

/** What a deploy of a graph makes, code aside. */
function resourcesOf(graph: Graph, { place }: Aws) {
  const artifacts = new Map(graph.processors.map(({ name }) => [name, { hash: '', handler: '' }]))
  return wantedResources(graph, { place, env: {} }, artifacts)
}

async function invokeLater(
  { clients, scope, place }: Pick<Account, 'clients' | 'scope' | 'place'>,
  to: string,
  Payload: string,
): Promise<void> {
  try {
    const command = { FunctionName: functionName(scope, to), InvocationType: 'Event', Payload } as const
    await clients.invocations.send(new InvokeCommand(command))
  } catch (error) {
    if (isAbsent(error)) throw notDeployed(to, scope.stage, error)
    throw mended(error, { doing: `trigger "${to}"`, region: place.region })
  }
}

function notDeployed(to: string, stage: string, cause: unknown): AttakError {
  const remedy = 'Deploy it first: attak deploy. If it was just deployed, look at attak status.'
  return new AttakError('NOT_DEPLOYED', `"${to}" is not deployed to stage "${stage}"`, remedy, { cause })
}

function nothing(): never {
  throw new Error('nothing is written')
}
