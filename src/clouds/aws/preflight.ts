import { DescribeLimitsCommand } from '@aws-sdk/client-kinesis'
import { GetQueueAttributesCommand, GetQueueUrlCommand } from '@aws-sdk/client-sqs'
import { placeOfArn } from '../../aws/names.ts'
import { queueIn } from '../../aws/queue.ts'
import type { StreamConfig } from '../../aws/resources.ts'
import type { Change } from '../../deploy/change.ts'
import { AttakError, type Problem } from '../../errors.ts'
import type { Graph } from '../../graph/graph.ts'
import type { Resource } from '../../graph/resource.ts'
import type { Errors } from '../../topology/recording.ts'
import { isAbsent, mended, statusOf } from './failure.ts'
import type { FunctionConfig } from './function-config.ts'
import { rolePath } from './names.ts'
import type { Aws } from './open.ts'
import { type RoleConfig, requireRole } from './role.ts'

/**
 * Characters that the policy of a role may have. Source: IAM guide, "IAM and AWS STS quotas", inline policies of roles; read
 * 2026-11-21.
 */
const POLICY_CHARACTERS = 10_240

/**
 * Returns what IAM would refuse of the wanted roles: names that differ in case alone, and policies that are too large.
 * Pure.
 */
export function checkOwnRoles(wanted: readonly Resource[]): readonly Problem[] {
  const roles = wanted.filter(({ kind }) => kind === 'role')
  const byName = new Map<string, Resource>()
  return roles.flatMap((role): readonly Problem[] => {
    const problems: Problem[] = []
    const where = `processor "${role.processor}"`
    const other = byName.get(role.name.toLowerCase())
    byName.set(role.name.toLowerCase(), role)
    if (other !== undefined) {
      const what = `its name differs from "${other.processor}" only in upper and lower case, and to IAM both are the same name`
      problems.push({ code: 'TOPOLOGY_INVALID', severity: 'error', where, what, remedy: 'Rename one of the two.' })
    }
    const characters = JSON.stringify((role.config as RoleConfig).policy).length
    if (characters > POLICY_CHARACTERS) {
      const what = `the policy of its role would have ${characters} characters; IAM accepts at most ${POLICY_CHARACTERS}`
      const remedy = 'Let it emit to fewer streams: by `stream`, several edges share one.'
      problems.push({ code: 'QUOTA_EXCEEDED', severity: 'error', where, what, remedy })
    }
    return problems
  })
}

/**
 * Asks AWS what would prevent the changes, before any is made: more on-demand streams than the account may have, roles
 * that do not exist, a missing queue or bucket for errors. Checks only what a change needs.
 */
export async function preflight(aws: Aws, graph: Graph, changes: readonly Change[]): Promise<readonly Problem[]> {
  try {
    const functions = changes.some((change) => change.kind !== 'remove' && change.resource.kind === 'function')
    const asked = await Promise.all([
      checkStreams(aws, changes),
      checkRoles(aws, graph, changes),
      functions ? checkErrorStore(aws, graph.errors) : [],
    ])
    return asked.flat()
  } catch (error) {
    throw mended(error, { doing: 'check what the account allows', region: aws.place.region })
  }
}

async function checkStreams({ clients, emulated }: Aws, changes: readonly Change[]): Promise<readonly Problem[]> {
  const made = changes.filter((change) => change.kind === 'create' && isOnDemand(change.resource))
  if (made.length === 0) return []
  const limits = await clients.kinesis.send(new DescribeLimitsCommand({})).catch((error: unknown) => {
    // Not every emulator knows the call, nor has such a limit.
    if (emulated) return undefined
    throw error
  })
  const there = limits?.OnDemandStreamCount ?? 0
  const most = limits?.OnDemandStreamCountLimit
  if (most === undefined || there + made.length <= most) return []
  const more = made.length === 1 ? '1 more on-demand stream is' : `${made.length} more on-demand streams are`
  const what = `${more} needed; the account has ${there}, and may have ${most}`
  const remedy =
    'Let edges share streams by `stream`, give them `shards`, send them `via: "sqs"`, or ask AWS for more in Service Quotas.'
  return [{ code: 'QUOTA_EXCEEDED', severity: 'error', where: 'Kinesis', what, remedy }]
}

function isOnDemand({ kind, config }: Resource): boolean {
  return kind === 'stream' && (config as StreamConfig).shards === undefined
}

async function checkRoles(aws: Aws, graph: Graph, changes: readonly Change[]): Promise<readonly Problem[]> {
  const own = `:role${rolePath({ topology: graph.name, stage: graph.stage }, aws.place)}`
  const byRole = new Map<string, string>()
  for (const change of changes) {
    if (change.kind === 'remove' || change.resource.kind !== 'function') continue
    if (change.settings.length > 0 && !change.settings.includes('role')) continue
    const { role } = change.resource.config as FunctionConfig
    if (!role.includes(own) && !byRole.has(role)) byRole.set(role, change.resource.processor ?? '')
  }
  const problems: Problem[] = []
  for (const [role, processor] of byRole) {
    try {
      await requireRole(aws, role)
    } catch (error) {
      if (!(error instanceof AttakError)) throw error
      const { code, message: what, remedy } = error
      problems.push({ code, severity: 'error', where: `processor "${processor}"`, what, remedy })
    }
  }
  return problems
}

/**
 * Reports problems with a user's queue or bucket that `errors` names: it does not exist, is elsewhere, or refuses the
 * deploying identity. Resources that attak makes need no check. Whether functions may write to it is not checked:
 * another policy may still refuse them.
 */
export async function checkErrorStore(aws: Aws, errors: Errors): Promise<readonly Problem[]> {
  if (errors.store === 's3') return checkBucket(aws, errors.bucket)
  return errors.store === 'sqs' && errors.queue !== undefined ? checkQueue(aws, errors.queue) : []
}

async function checkQueue(aws: Aws, arn: string): Promise<readonly Problem[]> {
  const { region = '', account = '' } = placeOfArn(arn) ?? {}
  if (region !== aws.place.region) return [elsewhere(`the queue ${arn}`, region, aws)]
  const { sqs } = aws.clients
  return told(aws, `the queue ${arn}`, async () => {
    const owner = { QueueName: queueIn(arn), QueueOwnerAWSAccountId: account }
    const { QueueUrl } = await sqs.send(new GetQueueUrlCommand(owner))
    await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }))
    return []
  })
}

async function checkBucket(aws: Aws, Bucket: string): Promise<readonly Problem[]> {
  const { HeadBucketCommand } = await import('./s3-sdk.ts')
  const s3 = await aws.clients.s3()
  return told(aws, `the bucket ${Bucket}`, async () => {
    const { BucketRegion = aws.place.region } = await s3.send(new HeadBucketCommand({ Bucket }))
    return BucketRegion === aws.place.region ? [] : [elsewhere(`the bucket ${Bucket}`, BucketRegion, aws)]
  })
}

/** Returns the findings of `ask`; a refusal becomes a problem. S3 answers this request with a status only. */
async function told(aws: Aws, what: string, ask: () => Promise<readonly Problem[]>): Promise<readonly Problem[]> {
  try {
    return await ask()
  } catch (error) {
    const status = statusOf(error)
    if (isAbsent(error)) return [problem(`there is no ${what.slice('the '.length)}`, MAKE)]
    if (status === 301) return [elsewhere(what, regionOf(error), aws)]
    if (status === 403) return [problem(`${what} refuses access to the user who deploys`, GRANT)]
    const known = mended(error, { doing: `look at ${what}`, region: aws.place.region })
    if (known instanceof AttakError) return [problem(known.message, known.remedy)]
    throw error
  }
}

const MAKE = 'Create it, or correct its name in `errors`; attak creates the stores "sqs" and "dynamodb" by itself.'
const GRANT = 'Allow what `attak policy` prints in its policy, and in the policy of the user who deploys.'

function elsewhere(what: string, region: string, { place }: Aws): Problem {
  const where = region === '' ? 'in another region' : `in ${region}`
  return problem(`${what} is ${where}, and the functions are in ${place.region}`, `Name one in ${place.region}.`)
}

function problem(what: string, remedy: string): Problem {
  return { code: 'STORE_FAILED', severity: 'error', where: 'errors', what, remedy }
}

function regionOf(error: unknown): string {
  if (!(error instanceof Error) || !('$response' in error)) return ''
  const { headers = {} } = (error.$response ?? {}) as { readonly headers?: Readonly<Record<string, string>> }
  return headers['x-amz-bucket-region'] ?? ''
}
