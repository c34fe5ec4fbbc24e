import { Agent } from 'node:https'
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs'
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { IAMClient } from '@aws-sdk/client-iam'
import { KinesisClient } from '@aws-sdk/client-kinesis'
import { LambdaClient } from '@aws-sdk/client-lambda'
import { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api'
import type { S3Client } from '@aws-sdk/client-s3'
import { SQSClient } from '@aws-sdk/client-sqs'
import { STSClient } from '@aws-sdk/client-sts'
import { state } from '@aws-sdk/core/client'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { createLimiter } from '../../deploy/limiter.ts'
import { type OnCall, watched } from './calls.ts'
import { createRetryStrategy } from './retries.ts'

// On Node 20 the SDK prints that releases of 2027 need Node 22. These releases are pinned, so the warning does not help
// users.
state.warningEmitted = true

/** How to reach an account. Missing values are found as usual: environment, profile, single sign-on, role. */
export interface AwsSettings {
  /** Absent: that of the profile. */
  readonly region?: string
  readonly credentials?: AwsCredentials
  /** A profile of `~/.aws/config`. */
  readonly profile?: string
  /** The address of all services, instead of AWS: `http://127.0.0.1:4566`. */
  readonly endpoint?: string
  /** The certificates to trust instead of the usual ones, PEM. */
  readonly ca?: string
  /** See `SignIn`. */
  readonly onCall?: OnCall
  /** For a call to be answered, its tries after broken connections included; absent means a minute. */
  readonly answerMs?: number
  /** Whether calls are held to what AWS takes of an account; absent: unless there is an endpoint. */
  readonly paced?: boolean
}

/** Keys of a user or a session. */
export interface AwsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

/** A client for each service; close them when done. */
export interface Clients {
  readonly lambda: LambdaClient
  /** For calling functions, of which AWS takes far more than of what changes them. */
  readonly invocations: LambdaClient
  readonly kinesis: KinesisClient
  readonly sqs: SQSClient
  /** For messages: of those calls a queue takes nearly any number. Source: SQS quotas, message quotas, read 2026-11-21. */
  readonly messages: SQSClient
  readonly iam: IAMClient
  readonly logs: CloudWatchLogsClient
  readonly sts: STSClient
  readonly tagging: ResourceGroupsTaggingAPIClient
  /** Loaded on demand: few topologies store their error records there. */
  dynamodb(): Promise<DynamoDBClient>
  /** As {@link Clients.dynamodb}. */
  s3(): Promise<S3Client>
  close(): void
}

/**
 * Calls per second to each service's control plane, below the limits of an account: Lambda 15 (Lambda quotas;
 * invocations do not count), CreateStream 5 and DescribeStreamSummary 20 (Kinesis API reference), CloudWatch Logs 5 to
 * 10 (CreateLogGroup 10, PutRetentionPolicy 10: CloudWatch Logs quotas); read 2026-11-21. SQS and tagging publish no
 * figure.
 */
const CALLS_PER_SECOND = { lambda: 15, kinesis: 10, sqs: 20, iam: 10, logs: 10, sts: 10, tagging: 10 }

const ANSWER_MS = 60_000

/** Returns the region of a profile (or of the default one); empty if none is set. */
export async function profileRegion(profile: string | undefined): Promise<string> {
  const client = new STSClient(profile === undefined ? {} : { profile })
  try {
    return await client.config.region()
  } catch {
    // The SDK's error does not distinguish a missing region, a missing profile and others; the next calls do.
    return ''
  } finally {
    client.destroy()
  }
}

/** Opens the clients; nothing is called yet. `now` is a clock in milliseconds. */
export function openClients(settings: AwsSettings & { readonly region: string }, now: () => number): Clients {
  const {
    region,
    credentials,
    profile,
    endpoint,
    onCall,
    answerMs = ANSWER_MS,
    paced = endpoint === undefined,
  } = settings
  const requestHandler = openHandler(settings.ca, answerMs)
  const shared = {
    region,
    requestHandler,
    ...(credentials && { credentials }),
    ...(profile !== undefined && { profile }),
    ...(endpoint !== undefined && { endpoint }),
  }
  const times = { now, answerMs }
  const watch = { answerMs, ...(onCall && { onCall }) }
  const of = (service: keyof typeof CALLS_PER_SECOND) => ({
    ...shared,
    retryStrategy: createRetryStrategy(paced ? createLimiter(CALLS_PER_SECOND[service]) : undefined, times),
  })
  const unpaced = { ...shared, retryStrategy: createRetryStrategy(undefined, times) }
  const clients = {
    lambda: new LambdaClient(of('lambda')),
    invocations: new LambdaClient(unpaced),
    kinesis: new KinesisClient(of('kinesis')),
    // Queue addresses serve as names only: an emulator may return one that is not reachable from here.
    sqs: new SQSClient({ ...of('sqs'), useQueueUrlAsEndpoint: false }),
    messages: new SQSClient({ ...unpaced, useQueueUrlAsEndpoint: false }),
    iam: new IAMClient(of('iam')),
    logs: new CloudWatchLogsClient(of('logs')),
    sts: new STSClient(of('sts')),
    tagging: new ResourceGroupsTaggingAPIClient(of('tagging')),
  }
  for (const client of Object.values(clients)) watched(client, watch)
  const { once, closeAll } = openLater()
  return {
    ...clients,
    dynamodb: once(async () => watched(new (await import('./dynamodb-sdk.ts')).DynamoDBClient(unpaced), watch)),
    // Emulators of S3 seldom have a name for each bucket.
    s3: once(async () => {
      const { S3Client } = await import('./s3-sdk.ts')
      return watched(new S3Client({ ...unpaced, forcePathStyle: endpoint !== undefined }), watch)
    }),
    close() {
      for (const client of Object.values(clients)) client.destroy()
      closeAll()
      requestHandler.destroy()
    },
  }
}

/** One handler for all clients: by default that of Kinesis uses HTTP/2, which emulators do not support. */
function openHandler(ca: string | undefined, answerMs: number): NodeHttpHandler {
  return new NodeHttpHandler({
    connectionTimeout: 5_000,
    requestTimeout: answerMs,
    throwOnRequestTimeout: true,
    ...(ca !== undefined && { httpsAgent: new Agent({ keepAlive: true, maxSockets: 50, ca }) }),
  })
}

/** Clients that are opened when they are first needed, each once. */
function openLater() {
  const later: Promise<{ destroy(): void }>[] = []
  return {
    once<Client extends { destroy(): void }>(open: () => Promise<Client>): () => Promise<Client> {
      let opened: Promise<Client> | undefined
      return () => {
        if (opened === undefined) {
          opened = open()
          later.push(opened)
        }
        return opened
      }
    },
    closeAll() {
      for (const opened of later) void opened.then((client) => client.destroy())
    },
  }
}
