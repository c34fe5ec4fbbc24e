import { CRASHES_PART, resourceName } from '../graph/names.ts'

/** Whose resources: `{ topology: 'orders', stage: 'dev' }`. */
export interface Scope {
  readonly topology: string
  readonly stage: string
}

/** Where resources are: `{ partition: 'aws', region: 'eu-west-1', account: '123456789012' }`. */
export interface Place {
  readonly partition: string
  readonly region: string
  readonly account: string
}

/**
 * The longest names AWS takes. Sources, read 2026-11-21: Lambda API reference, CreateFunction; IAM API reference, CreateRole;
 * Kinesis API reference, CreateStream; SQS API reference, CreateQueue (`.fifo` counts); DynamoDB API reference, CreateTable.
 */
export const NAME_LIMITS = Object.freeze({ function: 64, role: 64, stream: 128, queue: 80, table: 255 })

const FIFO = '.fifo'

/** The function of a processor. */
export function functionName({ topology, stage }: Scope, processor: string): string {
  return resourceName(topology, stage, processor, NAME_LIMITS.function)
}

/** Where Lambda puts what a function logs. */
export function logGroupName(scope: Scope, processor: string): string {
  return `/aws/lambda/${functionName(scope, processor)}`
}

/** The Kinesis stream of a channel. */
export function streamName({ topology, stage }: Scope, channel: string): string {
  return resourceName(topology, stage, channel, NAME_LIMITS.stream)
}

/** The SQS queue of a channel, or of a part such as `_errors`; AWS wants FIFO queues to end in `.fifo`. */
export function queueName({ topology, stage }: Scope, part: string, { fifo }: { readonly fifo: boolean }): string {
  return fifo
    ? resourceName(topology, stage, part, NAME_LIMITS.queue - FIFO.length) + FIFO
    : resourceName(topology, stage, part, NAME_LIMITS.queue)
}

/** The DynamoDB table of a part such as `_errors`. */
export function tableName({ topology, stage }: Scope, part: string): string {
  return resourceName(topology, stage, part, NAME_LIMITS.table)
}

/** Returns the id part of a queue for given-up messages. FIFO queues need a separate one. */
export function crashesPart(fifo: boolean): string {
  return fifo ? `${CRASHES_PART}.fifo` : CRASHES_PART
}

/** `arn:aws:lambda:eu-west-1:123456789012:function:orders--dev--bill` */
export function functionArn({ partition, region, account }: Place, name: string): string {
  return `arn:${partition}:lambda:${region}:${account}:function:${name}`
}

/** `arn:aws:kinesis:eu-west-1:123456789012:stream/orders--dev--bill` */
export function streamArn({ partition, region, account }: Place, name: string): string {
  return `arn:${partition}:kinesis:${region}:${account}:stream/${name}`
}

/** `arn:aws:sqs:eu-west-1:123456789012:orders--dev--bill` */
export function queueArn({ partition, region, account }: Place, name: string): string {
  return `arn:${partition}:sqs:${region}:${account}:${name}`
}

/** `arn:aws:dynamodb:eu-west-1:123456789012:table/orders--dev--_handled` */
export function tableArn({ partition, region, account }: Place, name: string): string {
  return `arn:${partition}:dynamodb:${region}:${account}:table/${name}`
}

/** Returns the {@link Place} in an ARN, such as a function's; undefined if the ARN has none. */
export function placeOfArn(arn: string): Place | undefined {
  const [prefix, partition, , region, account] = arn.split(':')
  return prefix === 'arn' && partition && region && account ? { partition, region, account } : undefined
}
