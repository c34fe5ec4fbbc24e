import { describe, expect, test } from 'vitest'
import { startFakeAws, useCredentials } from '../fake-aws.ts'
import { attak } from '../fake-host.ts'
import { folderOf, HELLO } from '../folder.ts'

const WITH_TOKEN = {
  ...HELLO,
  'topology.js': `export default {
  name: 'hello',
  environment: ['TOKEN'],
  processors: { spout: './spout', reverse: './reverse' },
  streams: [['spout', 'reverse', 'text']],
}
`,
}

describe('doctor', () => {
  test('prints the origin of settings, the account, and the free quotas', async () => {
    const { env } = await startFakeAws()
    const { code, out, err } = await attak(folderOf(WITH_TOKEN), ['doctor'], { env: { ...env, TOKEN: 'hidden' } })
    expect([code, err]).toEqual([0, ''])
    expect(out.replace(/127\.0\.0\.1:\d+/, 'HOST')).toMatchInlineSnapshot(`
      "✓ region        eu-west-1 (from environment)
      ✓ endpoint      http://HOST (from environment)
      ✓ variables     all declared variables are set
      ✓ credentials   arn:aws:iam::123456789012:user/ada, of account 123456789012
      ✓ lambda        answers
      ✓ kinesis       answers
      ✓ sqs           answers
      ✓ iam           answers
      ✓ logs          answers
      ✓ tagging       answers
      ? permissions   not checked behind an endpoint
      ✓ stream quota  0 of 50 on-demand streams are in use; this topology has 1
      ✓ concurrency   1000 functions can run at once, 1000 of them unreserved; this topology reserves 0
      "
    `)
    expect(out).not.toContain('hidden')
  })

  test('reports everything that is missing at once, with remedies, and exits with 1', async () => {
    useCredentials({})
    const { code, out } = await attak(folderOf(WITH_TOKEN), ['doctor'], { env: { AWS_REGION: 'eu-west-1' } })
    expect(code).toBe(1)
    expect(out).toMatch(/✗ variables +every processor: environment names TOKEN, which is not set here\n +Set TOKEN/)
    expect(out).toMatch(
      /✗ credentials +could not sign in to AWS: there are no AWS credentials\n +Set AWS_ACCESS_KEY_ID/,
    )
  })

  test.each(['', '{}', '<html></html>'])('exits with 1 if services answer %j', async (junk) => {
    const services = ['GET functions', 'ListStreams', 'GET account-settings', 'DescribeLogGroups']
    const { env } = await startFakeAws(Object.fromEntries(services.map((action) => [action, junk])))
    const { code, out } = await attak(folderOf(HELLO), ['doctor'], { env })
    expect(code).toBe(1)
    for (const about of ['lambda', 'kinesis', 'logs', 'concurrency']) {
      expect(out).toMatch(new RegExp(`✗ ${about} +could not ask ${about}: the answer to .* did not come from AWS`))
    }
  })

  test('checks credentials even without a region', async () => {
    useCredentials({})
    const missing = await attak(folderOf(HELLO), ['doctor'], { env: {} })
    expect(missing.out).toMatch(/^✗ region +no AWS region is set\n.*\n✗ credentials +could not sign in/)
    const { env } = await startFakeAws()
    const { code, out } = await attak(folderOf(HELLO), ['doctor'], { env: { ...env, AWS_REGION: '' } })
    expect(code).toBe(1)
    expect(out).toContain('✓ credentials  arn:aws:iam::123456789012:user/ada, of account 123456789012\n')
  })

  test('--json prints the findings', async () => {
    const { env } = await startFakeAws()
    const { out } = await attak(folderOf(HELLO), ['doctor', '--json'], { env })
    const { ok, findings } = JSON.parse(out)
    expect(ok).toBe(true)
    expect(findings).toContainEqual({ about: 'region', state: 'fine', what: 'eu-west-1 (from environment)' })
    expect(findings).toContainEqual({ about: 'lambda', state: 'fine', what: 'answers' })
  })

  test('checks the store of errors that the topology names', async () => {
    const queue = 'arn:aws:sqs:eu-west-1:123456789012:late'
    const { env } = await startFakeAws()
    const withErrors = (errors: string) => ({
      ...HELLO,
      'topology.js': HELLO['topology.js'].replace('{', `{ errors: ${errors},`),
    })
    const missing = await attak(folderOf(withErrors(`{ queue: '${queue}' }`)), ['doctor'], { env })
    expect(missing.code).toBe(1)
    expect(missing.out).toMatch(/✗ errors +there is no queue arn:aws:sqs:eu-west-1:123456789012:late\n +Create it, or/)
    const tables = await attak(folderOf(withErrors(`'dynamodb'`)), ['doctor'], { env })
    expect(tables.code).toBe(0)
    expect(tables.out).toMatch(/✓ dynamodb +answers/)
  })

  test('a quota without room for the topology is wrong', async () => {
    const DescribeLimits = { OnDemandStreamCount: 0, OnDemandStreamCountLimit: 0, OpenShardCount: 0, ShardLimit: 500 }
    const { env } = await startFakeAws({ DescribeLimits })
    const { code, out } = await attak(folderOf(HELLO), ['doctor'], { env })
    expect(code).toBe(1)
    expect(out).toMatch(
      /✗ stream quota +0 of 0 on-demand streams are in use; this topology has 1\n +Set shards or via: "sqs" on streams/,
    )
  })

  test.each([
    ['no longer parses', { 'topology.js': 'export default {' }, /✗ project +topology\.js.* does not load: /],
    ['is not there', {}, /✗ project +.* does not load: there is no topology here/],
  ])('continues if the topology %s', async (_, files, said) => {
    const { env } = await startFakeAws()
    const { code, out } = await attak(folderOf(files), ['doctor'], { env })
    expect(code).toBe(1)
    expect(out).toMatch(said)
    expect(out).toMatch(/✓ region +eu-west-1[\s\S]*✓ credentials +arn/)
  })

  test('an unknown profile is wrong, and the region is printed beside it', async () => {
    const none = { AWS_CONFIG_FILE: '/nowhere/config', AWS_SHARED_CREDENTIALS_FILE: '/nowhere/credentials' }
    const { code, out } = await attak(folderOf(HELLO), ['doctor'], { env: { ...none, AWS_PROFILE: 'nope' } })
    expect(code).toBe(1)
    expect(out).toMatch(/✗ profile +there is no profile "nope"/)
    expect(out).toMatch(/✗ region +no AWS region is set/)
    expect(out).not.toContain('✓ profile')
  })

  test('behind an endpoint, credentials may be any', async () => {
    useCredentials({})
    const argv = ['doctor', '--endpoint', 'http://127.0.0.1:9', '--region', 'eu-west-1']
    const { out } = await attak(folderOf(HELLO), argv, { env: {} })
    expect(out).toContain('An emulator accepts any: set AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test.')
  })
})
