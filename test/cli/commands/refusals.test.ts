import { describe, expect, test } from 'vitest'
import { startFakeAws, useCredentials } from '../fake-aws.ts'
import { attak } from '../fake-host.ts'
import { folderOf, HELLO } from '../folder.ts'

/** Commands that do nothing without an account. */
const COMMANDS = ['plan', 'deploy', 'destroy', 'trigger', 'status', 'logs']
const WRITES = /^(?:Create|Put|Tag|Update|Delete|POST|PUT|DELETE)/

/** One line with a code and a remedy, and never a stack. */
function expectOneLine(err: string, code: string): void {
  const lines = err.trimEnd().split('\n')
  expect(lines.filter((line) => line.startsWith('['))).toEqual([expect.stringMatching(`^\\[${code}\\] `)])
  expect(err).not.toMatch(/\n\s+at /)
}

/** The files of a topology with this in it. */
function topologyOf(text: string, files: Record<string, string> = {}) {
  return folderOf({ ...HELLO, 'topology.js': `export default ${text}`, ...files })
}

describe('credentials and regions', () => {
  test.each(COMMANDS)('%s without credentials names the variables to set', async (command) => {
    useCredentials({})
    const { code, out, err } = await attak(folderOf(HELLO), [command], { env: { AWS_REGION: 'eu-west-1' } })
    expect([code, out]).toEqual([1, ''])
    expectOneLine(err, 'CREDENTIALS_MISSING')
    expect(err).toContain('Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE')
  })

  test('with half of them, the missing half is named', async () => {
    useCredentials({ AWS_ACCESS_KEY_ID: 'a' })
    const env = { AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'a' }
    const { code, err } = await attak(folderOf(HELLO), ['plan'], { env })
    expect([code, err]).toEqual([
      1,
      '[CREDENTIALS_MISSING] there are no AWS credentials: AWS_ACCESS_KEY_ID is set, and AWS_SECRET_ACCESS_KEY is not. Set AWS_SECRET_ACCESS_KEY too.\n',
    ])
  })

  test('policy needs none, and prints * for the account', async () => {
    useCredentials({})
    const { code, out, err } = await attak(folderOf(HELLO), ['policy', '--region', 'cn-north-1'])
    expect(code).toBe(0)
    expect(out).toContain('"arn:aws-cn:lambda:cn-north-1:*:function:hello--dev--*"')
    expect(err).toBe('For region cn-north-1 of any account: could not sign in to AWS: there are no AWS credentials.\n')
    const anywhere = await attak(folderOf(HELLO), ['policy', '--processor', 'spout'])
    expect(anywhere.err).toContain('For any region of any account')
    expect(anywhere.out).toContain('"arn:aws:kinesis:*:*:stream/hello--dev--reverse"')
  })

  test('a missing or invalid region is reported', async () => {
    useCredentials()
    const missing = await attak(folderOf(HELLO), ['plan'])
    expectOneLine(missing.err, 'REGION_MISSING')
    const { code, err } = await attak(folderOf(HELLO), ['plan', '--region', 'Frankfurt'])
    expect(code).toBe(2)
    expect(err).toBe('[USAGE] --region: "Frankfurt" is not a region. Give one such as eu-west-1.\n')
  })

  test('an endpoint without a server is reported', async () => {
    useCredentials()
    const argv = ['plan', '--endpoint', 'http://127.0.0.1:9', '--region', 'eu-west-1']
    const { code, err } = await attak(folderOf(HELLO), argv)
    expect(code).toBe(1)
    expectOneLine(err, 'AWS_UNREACHABLE')
    expect(err).toContain('--endpoint')
  })

  test('an expired session is reported with how to sign in again', async () => {
    const refusal = { code: 'ExpiredToken', message: 'The security token included in the request is expired' }
    const { env } = await startFakeAws({ GetCallerIdentity: { ...refusal, status: 403 } })
    const { code, err } = await attak(folderOf(HELLO), ['deploy'], { env })
    expect(code).toBe(1)
    expectOneLine(err, 'CREDENTIALS_EXPIRED')
    expect(err).toContain('aws sso login')
  })

  test.each([
    ['123456789012&#10;[OK] all well', 'arn:aws:iam::123456789012:user/ada'],
    ['twelve', 'arn:aws:iam::123456789012:user/ada'],
    ['123456789012', 'arn:aws:iam::123456789012:user/ada&#10;[OK] all well'],
    ['123456789012', 'arn:my&#10;cloud:iam::123456789012:user/ada'],
  ])('an invalid account is reported on one line: %j as %j', async (account, arn) => {
    const answer = `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>${arn}</Arn><Account>${account}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`
    const { env } = await startFakeAws({ GetCallerIdentity: answer })
    const { code, out, err } = await attak(folderOf(HELLO), ['status'], { env })
    expect([code, out]).toEqual([1, ''])
    expectOneLine(err, 'AWS_REFUSED')
    expect(err).toContain('which is not an AWS account')
  })

  test('unknown keys and missing keys have different messages', async () => {
    const refusal = { code: 'InvalidClientTokenId', message: 'The security token is invalid.', status: 403 }
    const { env } = await startFakeAws({ GetCallerIdentity: refusal })
    expectOneLine((await attak(folderOf(HELLO), ['plan'], { env })).err, 'CREDENTIALS_REFUSED')
  })

  test('a missing permission is named, with the command that prints all permissions', async () => {
    const message =
      'User: arn:aws:iam::123456789012:user/ada is not authorized to perform: kinesis:ListStreams on resource: arn:aws:kinesis:eu-west-1:123456789012:stream/* because no identity-based policy allows it'
    const { env, calls } = await startFakeAws({ ListStreams: { code: 'AccessDeniedException', message } })
    const { code, err } = await attak(folderOf(HELLO), ['deploy', '--yes'], { env })
    expect(code).toBe(1)
    expectOneLine(err, 'PERMISSION_MISSING')
    expect(err).toContain('the permission kinesis:ListStreams is missing on arn:aws:kinesis:')
    expect(err).toContain('attak policy')
    expect(calls.filter(({ action }) => WRITES.test(action))).toEqual([])
  })
})

describe.each(['plan', 'status', 'errors list'])('an answer to attak %s that did not come from AWS', (line) => {
  const QUEUE = { QueueUrl: 'https://sqs.eu-west-1.amazonaws.com/123456789012/q' }
  const ACTIONS = [
    ...['ListStreams', 'ListQueues', 'GetQueueUrl', 'GetQueueAttributes', 'ReceiveMessage', 'DescribeLogGroups'],
    ...['DescribeStreamSummary', 'GetResources', 'GET functions', 'GET event-source-mappings'],
  ]

  test.each([
    'null',
    '[1,2]',
    '7',
    '<html>',
    '{"QueueUrl":5,"QueueUrls":[5,null],"Messages":[7],"Functions":[null],"StreamNames":{},"logGroups":[1]}',
  ])('is reported, and is neither an empty account nor a bug: %s', async (text) => {
    const { env } = await startFakeAws({
      ...Object.fromEntries(ACTIONS.map((action) => [action, text])),
      ...(line === 'errors list' && { GetQueueUrl: QUEUE }),
    })
    const { code, out, err } = await attak(folderOf(HELLO), line.split(' '), { env })
    expect([code, out, err]).toEqual([1, '', expect.stringContaining('did not come from AWS: ')])
    expectOneLine(err, 'AWS_REFUSED')
  })
})

test('messages with a wrong digest are reported as changed in transit', async () => {
  const { env } = await startFakeAws({
    GetQueueUrl: { QueueUrl: 'https://sqs.eu-west-1.amazonaws.com/123456789012/q' },
    GetQueueAttributes: { Attributes: { ApproximateNumberOfMessages: '1' } },
    ReceiveMessage: { Messages: [{ MessageId: 'm', ReceiptHandle: 'r', Body: '{}', MD5OfBody: 'no' }] },
  })
  const { code, err } = await attak(folderOf(HELLO), ['errors', 'list'], { env })
  expect([code, err]).toEqual([1, expect.stringContaining('the answer was changed in transit: ')])
})

describe('a deploy refuses before it creates anything', () => {
  async function refused(folder: string, ...answers: Parameters<typeof startFakeAws>) {
    const { env, calls } = await startFakeAws(...answers)
    const ran = await attak(folder, ['deploy', '--yes'], { env })
    expect([ran.code, ran.out]).toEqual([1, ''])
    expect(calls.filter(({ action }) => WRITES.test(action))).toEqual([])
    return ran.err
  }

  test('more on-demand streams than the account allows', async () => {
    const err = await refused(folderOf(HELLO), {
      DescribeLimits: { OnDemandStreamCount: 50, OnDemandStreamCountLimit: 50, OpenShardCount: 0, ShardLimit: 500 },
    })
    expectOneLine(err, 'QUOTA_EXCEEDED')
    expect(err).toContain('1 more on-demand stream is needed; the account has 50, and may have 50')
  })

  test('a role that does not exist', async () => {
    const role = 'arn:aws:iam::123456789012:role/none'
    const folder = topologyOf(
      `{ name: 'hello', processors: { spout: { path: './spout', role: '${role}' }, reverse: './reverse' }, streams: [['spout', 'reverse', 'text']] }`,
    )
    const err = await refused(folder)
    expectOneLine(err, 'ROLE_NOT_FOUND')
    expect(err).toContain(`processor "spout": there is no role ${role}.`)
  })

  test('an existing resource that is not ours', async () => {
    const QueueUrl = 'https://sqs.eu-west-1.amazonaws.com/123456789012/hello--dev--_crashes'
    const err = await refused(folderOf(HELLO), {
      GetQueueUrl: ({ body }) =>
        body.includes('_crashes') ? { QueueUrl } : { code: 'QueueDoesNotExist', message: 'no such queue' },
      ListQueueTags: { Tags: { owner: 'somebody' } },
      GetQueueAttributes: { Attributes: { QueueArn: 'arn:aws:sqs:eu-west-1:123456789012:hello--dev--_crashes' } },
    })
    expectOneLine(err, 'RESOURCE_NOT_OURS')
    expect(err).toContain('arn:aws:sqs:eu-west-1:123456789012:hello--dev--_crashes exists already')
    expect(err).toContain('Rename the topology or the stage')
  })

  test('unset variables, and more than Lambda accepts, for all processors at once', async () => {
    const folder = topologyOf(
      `{ name: 'hello', processors: { spout: { path: './spout', environment: ['TOKEN'] }, reverse: { path: './reverse', environment: { BIG: 'x'.repeat(4096) } } }, streams: [['spout', 'reverse', 'text']] }`,
    )
    const err = await refused(folder)
    expect(err).toMatch(/^\[VARIABLE_MISSING\] processor "spout": environment names TOKEN, .*in \.env/m)
    expect(err).toMatch(
      /^\[ENVIRONMENT_TOO_LARGE\] processor "reverse": its environment is \d+ bytes; Lambda takes 4096/m,
    )
    expect(err.trimEnd().split('\n')).toHaveLength(2)
  })

  test('a processor that does not bundle, with file and line', async () => {
    const folder = topologyOf(
      `{ name: 'hello', processors: { spout: './spout', reverse: './reverse' }, streams: [['spout', 'reverse', 'text']] }`,
      { 'spout.js': 'export const handler = () => import("nowhere-to-be-found")\n' },
    )
    const err = await refused(folder)
    expect(err).toMatch(/^\[\w+\] .*spout\.js:1:\d+: Could not resolve "nowhere-to-be-found"\. Install it/)
  })

  test('an include that matches no file', async () => {
    const folder = topologyOf(
      `{ name: 'hello', processors: { spout: { path: './spout', include: ['data.bin'] }, reverse: './reverse' }, streams: [['spout', 'reverse', 'text']] }`,
    )
    expectOneLine(await refused(folder), 'INCLUDE_REFUSED')
  })
})
