import { describe, expect, test } from 'vitest'
import { type Answers, startFakeAws, useCredentials } from '../fake-aws.ts'
import { attak } from '../fake-host.ts'
import { folderOf, HELLO } from '../folder.ts'

const ACCOUNT = '123456789012'
const queueUrl = (name: string) => `https://sqs.eu-west-1.amazonaws.com/${ACCOUNT}/${name}`
const tagsOf = (topology: string, resource: string, processor?: string) => ({
  'attak:topology': topology,
  'attak:stage': 'dev',
  'attak:resource': resource,
  'attak:config': '0123456789abcdef a:1 @1',
  ...(processor !== undefined && { 'attak:processor': processor }),
})
const NAMED_BY: Readonly<Record<string, string>> = { 'queue/_errors': '_errors', 'queue/_crashes': '_crashes' }

/** A stage hello (dev) with its two queues and the function and logs of `spout`, and a queue of somebody else. */
const LIVE: Answers = {
  ListQueues: ({ body }) => {
    const { QueueNamePrefix = '' } = JSON.parse(body) as { QueueNamePrefix?: string }
    const names = ['hello--dev--_errors', 'hello--dev--_crashes', 'somebody']
    return { QueueUrls: names.filter((name) => name.startsWith(QueueNamePrefix)).map(queueUrl) }
  },
  ListQueueTags: ({ body }) => {
    const resource = Object.keys(NAMED_BY).find((id) => body.includes(`hello--dev--${NAMED_BY[id]}`))
    return { Tags: resource === undefined ? {} : tagsOf('hello', resource) }
  },
  GetQueueUrl: ({ body }) => ({ QueueUrl: queueUrl((JSON.parse(body) as { QueueName: string }).QueueName) }),
  GetQueueAttributes: { Attributes: { ApproximateNumberOfMessages: '0' } },
  ReceiveMessage: {},
  'GET functions': { Functions: [{ FunctionName: 'hello--dev--spout' }] },
  'GET functions/hello--dev--spout': { Tags: tagsOf('hello', 'function/spout', 'spout'), Configuration: {} },
  'GET functions/hello--dev--spout/configuration': { State: 'Active', Runtime: 'nodejs24.x' },
  'GET tags/arn%3Aaws%3Alambda%3Aeu-west-1%3A123456789012%3Afunction%3Ahello--dev--spout': {
    Tags: tagsOf('hello', 'function/spout', 'spout'),
  },
  DescribeLogGroups: { logGroups: [{ logGroupName: '/aws/lambda/hello--dev--spout', retentionInDays: 14 }] },
  ListTagsForResource: { tags: tagsOf('hello', 'logs/spout', 'spout') },
  FilterLogEvents: {
    events: [{ eventId: '1', timestamp: 0, message: '{"attak":"log","text":"hi","message":"m1","root":"m1"}' }],
  },
}

const BROKEN = { ...HELLO, 'topology.js': 'import "./missing.js"\nexport default { name: "hello" }\n' }
const HALF_BROKEN = { ...HELLO, 'reverse.js': 'throw new Error("broken")\n' }

async function run(files: Record<string, unknown>, argv: readonly string[], answers: Answers = LIVE) {
  const aws = await startFakeAws(answers)
  return { ...(await attak(folderOf(files), argv, { env: aws.env })), calls: aws.calls }
}

const ADDRESSED = [
  ['status', ['status'], /queue _errors +there.*\n.*function spout +Active|function spout +Active/s],
  ['logs', ['logs', '--since', '1970-01-01'], /spout {2}hi/],
  ['errors list', ['errors', 'list'], /hello \(dev\) in eu-west-1 of account 123456789012: 0 errors/],
] as const

describe('--name selects a deployed stage', () => {
  test.each(ADDRESSED)('%s, in a folder without a project', async (_, argv, expected) => {
    const { code, out, err } = await run({ 'notes.txt': 'no project' }, [...argv, '--name', 'hello'])
    expect([code, err]).toEqual([0, ''])
    expect(out).toMatch(expected)
  })

  test('does not load the code of a project in the folder', async () => {
    const files = { ...HELLO, 'topology.js': 'console.log("ran"); process.exit(9)' }
    const { code, err } = await run(files, ['errors', 'list', '--name', 'hello'])
    expect([code, err]).toEqual([0, ''])
  })

  test('uses region and endpoint of a project in the folder', async () => {
    const { code, err } = await run({ ...BROKEN, '.env': 'AWS_PROFILE=none\n' }, ['logs', '--name', 'hello'])
    expect(code).toBe(1)
    expect(err).toContain('there is no profile "none"')
  })

  test('an invalid name is refused', async () => {
    const { code, err } = await run({}, ['status', '--name', 'a--b'])
    expect([code, err]).toEqual([2, expect.stringContaining('[USAGE] --name: the name "a--b" must')])
  })

  test('destroy removes the stage', async () => {
    let marks = {}
    const { code, err, calls } = await run({}, ['destroy', '--name', 'hello', '--yes'], {
      ...LIVE,
      ListQueueTags: (call) => {
        const answer = (LIVE.ListQueueTags as (given: typeof call) => { Tags: object })(call)
        return { Tags: { ...answer.Tags, ...(call.body.includes('_errors') && marks) } }
      },
      TagQueue: ({ body }) => {
        marks = { ...marks, ...(JSON.parse(body) as { Tags: object }).Tags }
        return {}
      },
      DeleteQueue: {},
      DeleteLogGroup: {},
      'DELETE functions/hello--dev--spout': {},
    })
    expect(err).toMatch(/- function {2}hello--dev--spout/)
    expect(code).toBe(0)
    expect(calls.filter(({ action }) => /^(?:Delete|DELETE)/.test(action))).toHaveLength(4)
  })

  test('doctor looks at the account', async () => {
    const { out } = await run({}, ['doctor', '--name', 'hello'], LIVE)
    expect(out).toMatch(/credentials.*user\/ada/)
  })

  test('a stage that is not deployed is reported', async () => {
    const { code, out } = await run({}, ['status', '--name', 'other'])
    expect(code).toBe(1)
    expect(out).toMatch(/^other \(dev\) .* is not deployed/)
  })
})

describe('a project that does not load', () => {
  test.each(ADDRESSED)('is a warning for %s if its name is known', async (_, argv, expected) => {
    const { code, out, err } = await run(HALF_BROKEN, argv)
    expect(code).toBe(0)
    expect(err).toMatch(/^warning \[PROCESSOR_LOAD_FAILED\]/)
    expect(out).toMatch(expected)
  })

  test('without a known name asks for --name', async () => {
    const { code, err } = await run(BROKEN, ['status'])
    expect(code).toBe(2)
    expect(err).toMatch(/^warning \[TOPOLOGY_LOAD_FAILED\]/)
    expect(err).toContain('Give it with --name; attak status --all lists what is deployed.')
  })

  test('is reported by doctor', async () => {
    const { code, out } = await run(HALF_BROKEN, ['doctor'])
    expect(code).toBe(1)
    expect(out).toMatch(/✗ project +processors.reverse does not load: reverse.js failed while it was loaded: broken/)
  })
})

describe('status --all', () => {
  test('lists every stage, behind an endpoint by the errors queues', async () => {
    const { code, out, err } = await run({}, ['status', '--all'])
    expect([code, err]).toEqual([0, ''])
    expect(out).toBe(
      '1 stage in eu-west-1 of account 123456789012\n' +
        '  hello (dev)  1 function, 1 log group, 2 queues\n' +
        'attak status --name TOPOLOGY --stage STAGE shows one of them.\n',
    )
  })

  test('prints JSON', async () => {
    const { out } = await run(BROKEN, ['status', '--all', '--json'])
    expect(JSON.parse(out)).toMatchObject({
      region: 'eu-west-1',
      stages: [{ topology: 'hello', stage: 'dev', resources: { function: 1, logs: 1, queue: 2 } }],
    })
  })

  test('reports an empty region', async () => {
    const { code, out } = await run({}, ['status', '--all'], {})
    expect([code, out]).toEqual([0, 'No topology is deployed in eu-west-1 of account 123456789012.\n'])
  })
})

describe('a change of AWS calls by the project', () => {
  const COMMANDS = [
    ...[
      ['plan'],
      ['deploy'],
      ['destroy'],
      ['trigger'],
      ['status'],
      ['status', '--all'],
      ['logs'],
      ['doctor'],
      ['policy'],
    ],
    ...[
      ['errors', 'list'],
      ['errors', 'purge', '--all'],
      ['errors', 'replay', '--all'],
      ['errors', 'show', 'a'],
      ['why'],
    ],
  ]

  test.each(COMMANDS)('is the first line on stderr: %s %s', async (...argv) => {
    useCredentials()
    const dotenv = 'AWS_ENDPOINT_URL=http://user:secret@127.0.0.1:9/x\n'
    const files = { ...HELLO, '.env': dotenv, 'input.jsonl': '' }
    const { out, err } = await attak(
      folderOf(files),
      [...argv.filter(Boolean), '--json'].slice(0, argv[0] === 'policy' ? 1 : 9),
      {
        env: { AWS_REGION: 'eu-west-1' },
      },
    )
    expect(err.split('\n')[0]).toBe(
      'This project changes the AWS calls: AWS calls go to http://127.0.0.1:9/x (AWS_ENDPOINT_URL in .env).',
    )
    expect(err.match(/This project changes/g)).toHaveLength(1)
    expect(out).not.toContain('This project')
  })

  test.each([
    [
      '.env',
      'AWS_ENDPOINT_URL_KINESIS=https://evil.example\n',
      'calls of this service go to https://evil.example (AWS_ENDPOINT_URL_KINESIS in .env)',
    ],
    [
      '.env',
      'AWS_ACCESS_KEY_ID=AKIA1\nAWS_SECRET_ACCESS_KEY=hush\n',
      'the access key "AKIA1" signs (AWS_ACCESS_KEY_ID in .env)',
    ],
    ['.env', 'AWS_CONFIG_FILE=./conf\n', 'profiles are read from "./conf" (AWS_CONFIG_FILE in .env)'],
    [
      '.env',
      'AWS_CONTAINER_CREDENTIALS_FULL_URI=http://evil.example/\n',
      'credentials are fetched from http://evil.example (',
    ],
    ['.env', 'NODE_TLS_REJECT_UNAUTHORIZED=0\n', '(NODE_TLS_REJECT_UNAUTHORIZED in .env)'],
    ['.env', 'AWS_PROFILE=work\n', 'the profile "work" signs (AWS_PROFILE in .env)'],
    [
      'package.json',
      { ...HELLO['package.json'], attak: { endpoint: 'http://127.0.0.1:9' } },
      'AWS calls go to http://127.0.0.1:9 (attak.endpoint in package.json)',
    ],
  ])('names the value of %s: %j', async (file, content, expected) => {
    useCredentials()
    const { err } = await attak(
      folderOf({ ...HELLO, [file]: content }),
      ['status', '--endpoint', 'http://127.0.0.1:9'].slice(0, file === '.env' ? 3 : 1),
      {
        env: { AWS_REGION: 'eu-west-1' },
      },
    )
    const [first] = err.split('\n')
    expect(first).toContain(expected)
    expect(first).not.toContain('hush')
  })

  test('is not reported for flags and the shell', async () => {
    const { err } = await run(HELLO, ['status', '--all'])
    expect(err).toBe('')
  })
})

describe('a profile', () => {
  const FILES = {
    ...HELLO,
    config:
      '[default]\nregion = eu-west-1\n[profile work]\nregion = eu-west-1\nendpoint_url = http://127.0.0.1:9/\n[sso-session wrok]\n',
    credentials: '[private]\naws_access_key_id = a\n',
  }
  async function withProfile(profile: string, files: Record<string, unknown> = FILES) {
    const folder = folderOf(files)
    const env = { AWS_CONFIG_FILE: `${folder}/config`, AWS_SHARED_CREDENTIALS_FILE: `${folder}/credentials` }
    useCredentials({ AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 's', ...env })
    return { folder, ...(await attak(folder, ['status', '--profile', profile], { env })) }
  }

  test('that does not exist is named, with the files and a similar name', async () => {
    const { folder, code, err } = await withProfile('wrok')
    expect([code, err]).toEqual([
      1,
      `[CREDENTIALS_MISSING] there is no profile "wrok" in ${folder}/config or ${folder}/credentials. Did you mean "work"? They have default, private, work.\n`,
    ])
  })

  test('is reported even without files of profiles', async () => {
    const { err } = await withProfile('work', HELLO)
    expect(err).toContain('They have no profiles.')
  })

  test('with its own endpoint is reported with the address', async () => {
    const { folder, err } = await withProfile('work')
    expect(err.split('\n')[0]).toBe(
      `AWS calls go to http://127.0.0.1:9 (endpoint_url of the profile "work" in ${folder}/config).`,
    )
  })
})
