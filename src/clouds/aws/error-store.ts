import { GetQueueAttributesCommand, GetQueueUrlCommand } from '@aws-sdk/client-sqs'
import { placeOfArn } from '../../aws/names.ts'
import { queueIn } from '../../aws/queue.ts'
import { AttakError, type Problem } from '../../errors.ts'
import type { Errors } from '../../topology/recording.ts'
import { isAbsent, mended, statusOf } from './failure.ts'
import type { Aws } from './open.ts'

/**
 * What is wrong with a queue or bucket of the user's own that `errors` names: it is not there, is elsewhere, or refuses
 * whoever deploys. Of what attak makes itself there is nothing to say before it does. Whether functions may write to it
 * shows when they do: somebody else's policy may refuse them still.
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

/** What `ask` finds; a refusal as a problem. The answers of S3 to this question have no words, only a status. */
async function told(aws: Aws, what: string, ask: () => Promise<readonly Problem[]>): Promise<readonly Problem[]> {
  try {
    return await ask()
  } catch (error) {
    const status = statusOf(error)
    if (isAbsent(error)) return [problem(`there is no ${what.slice('the '.length)}`, MAKE)]
    if (status === 301) return [elsewhere(what, regionOf(error), aws)]
    if (status === 403) return [problem(`${what} refuses whoever deploys`, GRANT)]
    const known = mended(error, { doing: `look at ${what}`, region: aws.place.region })
    if (known instanceof AttakError) return [problem(known.message, known.remedy)]
    throw error
  }
}

const MAKE = 'Make it, or mend its name in `errors`; attak makes the stores "sqs" and "dynamodb" by itself.'
const GRANT = 'Let its policy, and that of whoever deploys, allow what `attak policy` prints.'

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
