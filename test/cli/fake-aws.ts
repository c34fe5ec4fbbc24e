import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished, vi } from 'vitest'

/** A call as the server saw it: `GetCallerIdentity`, or `POST functions/a/invocations` for Lambda, and what came with it. */
export interface Call {
  readonly action: string
  readonly body: string
}

/** What AWS says when it refuses. */
export interface Refusal {
  readonly code: string
  readonly message: string
  readonly status?: number
}

/** Answers by action, a text as it is with status 200; a function is asked anew for each call. An answer is the JSON (or XML) of it, or a refusal. */
export type Answers = Readonly<Record<string, Answer | ((call: Call) => Answer)>>

type Answer = object | string | Refusal

/** An account with nothing in it, on loopback, whose answers can be changed; keeps what was asked. */
export interface FakeAws {
  readonly calls: readonly Call[]
  /** The variables that lead a command line to it. */
  readonly env: Record<string, string>
}

const ACCOUNT = '123456789012'
const ABSENT = (code: string, status = 400): Refusal => ({ code, message: 'no such thing', status })

const EMPTY_ACCOUNT: Answers = {
  GetCallerIdentity: `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::${ACCOUNT}:user/ada</Arn><Account>${ACCOUNT}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`,
  ListRoles:
    '<ListRolesResponse><ListRolesResult><IsTruncated>false</IsTruncated><Roles/></ListRolesResult></ListRolesResponse>',
  GetRole: ABSENT('NoSuchEntity', 404),
  ListStreams: { StreamNames: [], StreamSummaries: [], HasMoreStreams: false },
  DescribeStreamSummary: ABSENT('ResourceNotFoundException'),
  DescribeLimits: { OnDemandStreamCount: 0, OnDemandStreamCountLimit: 50, OpenShardCount: 0, ShardLimit: 500 },
  ListQueues: {},
  ListTables: { TableNames: [] },
  GetQueueUrl: ABSENT('QueueDoesNotExist'),
  DescribeLogGroups: { logGroups: [] },
  GetResources: { ResourceTagMappingList: [] },
  'GET functions': { Functions: [] },
  'GET event-source-mappings': { EventSourceMappings: [] },
  'GET account-settings': { AccountLimit: { ConcurrentExecutions: 1000, UnreservedConcurrentExecutions: 1000 } },
}

/** Starts it until the test ends, and hands the process credentials for it. */
export async function startFakeAws(answers: Answers = {}): Promise<FakeAws> {
  const calls: Call[] = []
  const all: Answers = { ...EMPTY_ACCOUNT, ...answers }
  const server = createServer((request, response) => {
    void callOf(request).then((call) => {
      calls.push(call)
      const found = all[call.action] ?? ABSENT('ResourceNotFoundException', 404)
      reply(request, response, typeof found === 'function' ? found(call) : found)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  useCredentials()
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { calls, env: { AWS_ENDPOINT_URL: endpoint, AWS_REGION: 'eu-west-1' } }
}

/** The SDK takes credentials from the process and its files: for this test from these variables alone, or from nowhere. */
export function useCredentials(
  variables: Record<string, string> = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 's' },
) {
  const none = { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined, AWS_SESSION_TOKEN: undefined }
  const nowhere = { AWS_CONFIG_FILE: '/dev/null', AWS_SHARED_CREDENTIALS_FILE: '/dev/null', AWS_PROFILE: undefined }
  const settings = { ...none, ...nowhere, AWS_REGION: undefined, AWS_EC2_METADATA_DISABLED: 'true', ...variables }
  for (const [name, value] of Object.entries(settings)) vi.stubEnv(name, value)
  onTestFinished(() => void vi.unstubAllEnvs())
}

async function callOf(request: IncomingMessage): Promise<Call> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  const body = Buffer.concat(chunks).toString('utf8')
  const target = request.headers['x-amz-target']
  if (target !== undefined) return { action: String(target).split('.').at(-1)!, body }
  const action = new URLSearchParams(body).get('Action')
  if (action !== null) return { action, body }
  const path = new URL(request.url ?? '', 'http://aws').pathname.split('/').slice(2).filter(Boolean).join('/')
  return { action: `${request.method} ${path}`, body }
}

function reply(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  if (typeof answer === 'string') return void response.end(answer)
  if (!('code' in answer) && request.url?.endsWith('/invocations')) response.statusCode = 202
  if (!('code' in answer)) return void response.end(JSON.stringify(answer))
  const { code, message, status = 400 } = answer as Refusal
  const isQuery = String(request.headers['content-type']).startsWith('application/x-www-form-urlencoded')
  const xml = `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`
  response.writeHead(status, { 'x-amzn-errortype': code })
  response.end(isQuery ? xml : JSON.stringify({ __type: code, message }))
}
