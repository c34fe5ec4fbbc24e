import { describe, expect, test } from 'vitest'
import { startFakeAws } from '../fake-aws.ts'
import { attak } from '../fake-host.ts'
import { folderOf, HELLO } from '../folder.ts'

const TOO_MANY = {
  DescribeLimits: { OnDemandStreamCount: 50, OnDemandStreamCountLimit: 50, OpenShardCount: 0, ShardLimit: 500 },
}

describe('plan', () => {
  test('prints the changes, their cost and sizes, and changes nothing', async () => {
    const { env } = await startFakeAws()
    const { code, out, err } = await attak(folderOf(HELLO), ['plan'], { env })
    expect([code, err]).toEqual([0, ''])
    expect(out.replace(/[\d.]+ KB/, 'SIZE')).toMatchInlineSnapshot(`
      "hello (dev) in eu-west-1 of account 123456789012: 10 to make

      reverse
        + logs      /aws/lambda/hello--dev--reverse
        + role      hello--dev--reverse--eu-west-1
        + function  hello--dev--reverse
        + mapping   reverse/reverse

      spout
        + logs      /aws/lambda/hello--dev--spout
        + role      hello--dev--spout--eu-west-1
        + function  hello--dev--spout

      for all processors
        + queue     hello--dev--_crashes
        + queue     hello--dev--_errors
        + stream    hello--dev--reverse

      2 functions, 2 log groups, 1 mapping, 2 queues, 2 roles, 1 stream
      left running without messages: about $29.20 a month
        $29.20  1 on-demand stream
         $0.00  4 functions and queues, at rest
      code: 2 zips, SIZE
      "
    `)
  })

  test('--sizes prints the parts of every artifact', async () => {
    const { env } = await startFakeAws()
    const { out } = await attak(folderOf(HELLO), ['plan', '--sizes'], { env })
    expect(out).toMatch(/code: 2 zips, [\d.]+ KB\n {2}\w+ +[\d.]+ KB zipped, [\d.]+ KB unzipped: attak [\d.]+ KB/)
    expect(out).toMatch(/\n {2}reverse +.*reverse\.js/)
  })

  test('the parts of an artifact beyond 1 MB are always printed', async () => {
    const { env } = await startFakeAws()
    const random = Buffer.from(Array.from({ length: 1_300_000 }, () => Math.floor(Math.random() * 256)))
    const folder = folderOf({
      ...HELLO,
      'topology.js': `export default { name: 'hello', processors: { spout: { path: './spout', include: ['data.txt'] }, reverse: './reverse' }, streams: [['spout', 'reverse', 'text']] }`,
      'data.txt': random.toString('base64'),
    })
    const { out } = await attak(folder, ['plan'], { env })
    expect(out).toMatch(/code: 2 zips, 1\.\d MB\n {2}spout +1\.\d MB zipped, .*: data\.txt 1\.\d MB/)
    expect(out).not.toMatch(/\n {2}reverse {2}/)
  })

  test('--json has everything, sizes too', async () => {
    const { env } = await startFakeAws()
    const { out } = await attak(folderOf(HELLO), ['plan', '--json'], { env })
    const plan = JSON.parse(out)
    expect(plan).toMatchObject({ topology: 'hello', stage: 'dev', region: 'eu-west-1', account: '123456789012' })
    expect(plan.changes).toHaveLength(10)
    expect(plan).toMatchObject({ unchanged: [], kept: [], refused: [], problems: [], usdPerMonth: 29.2 })
    expect(plan.artifacts.map(({ processors }: { processors: string[] }) => processors)).toEqual([
      ['spout'],
      ['reverse'],
    ])
    expect(plan.artifacts[0].sizes[0]).toEqual({ part: 'attak', bytes: expect.any(Number) })
  })

  test('warns of files and variables that functions will miss', async () => {
    const { env } = await startFakeAws()
    const folder = folderOf({
      ...HELLO,
      'spout.js': `import { readFileSync } from 'node:fs'
export const handler = () => [readFileSync(new URL('./data.txt', import.meta.url)), process.env.TOKEN]`,
      'data.txt': '1',
    })
    const { code, err } = await attak(folder, ['plan'], { env })
    expect(code).toBe(0)
    expect(err).toMatch(/^warning \[VARIABLE_UNDECLARED\] spout\.js:2:\d+: reads the variable TOKEN, .*\['TOKEN'\]\.$/m)
    expect(err).toMatch(/^warning \[FILE_NOT_SHIPPED\] processors\.spout: .* Ship it: include: \['data\.txt'\]\.$/m)
  })

  test('--exit-code is 3 when there are changes', async () => {
    const { env } = await startFakeAws()
    expect((await attak(folderOf(HELLO), ['plan', '--exit-code'], { env })).code).toBe(3)
  })

  test('prints what prevents the deploy beside the plan, and exits with 1', async () => {
    const { env } = await startFakeAws(TOO_MANY)
    const { code, out, err } = await attak(folderOf(HELLO), ['plan', '--exit-code', '--json'], { env })
    expect(code).toBe(1)
    expect(JSON.parse(out).problems).toMatchObject([{ code: 'QUOTA_EXCEEDED' }])
    expect(err).toMatch(/^\[QUOTA_EXCEEDED\] /)
  })
})

describe('reading a stage that does not exist', () => {
  test('status reports it and exits with 1', async () => {
    const { env } = await startFakeAws()
    const { code, out } = await attak(folderOf(HELLO), ['status'], { env })
    expect([code, out]).toEqual([
      1,
      'hello (dev) in eu-west-1 of account 123456789012 is not deployed. Deploy it with attak deploy.\n',
    ])
    const elsewhere = await attak(folderOf(HELLO), ['status', '--stage', 'qa'], { env })
    expect(elsewhere.out).toMatch(/ is not deployed\. Deploy it with attak deploy --stage qa\.\n$/)
    const { ok, resources } = JSON.parse((await attak(folderOf(HELLO), ['status', '--json'], { env })).out)
    expect([ok, resources.length]).toEqual([false, 10])
  })

  test('logs reports it on stderr', async () => {
    const { env } = await startFakeAws()
    const { code, out, err } = await attak(folderOf(HELLO), ['logs'], { env })
    expect([code, out]).toEqual([0, ''])
    expect(err).toMatch(/^There are no such lines\./)
  })

  test('logs of one message show its result', async () => {
    const line = (message: string) => ({
      ...{ eventId: message, timestamp: Date.now() },
      message: JSON.stringify({ attak: 'end', message, root: 'r1', outcome: 'ok' }),
    })
    const { env } = await startFakeAws({ FilterLogEvents: { events: [line('ab12'), line('cd34')] } })
    const logs = async (...argv: string[]) =>
      (await attak(folderOf(HELLO), ['logs', '--processor', 'spout', ...argv], { env, date: Date.now })).out
    expect(await logs()).toBe('')
    expect(await logs('--message', 'ab')).toMatch(/^\S+ spout {4}handled \(message ab12, trace r1\)\n$/)
    expect((await logs('--trace', 'r1')).split('\n')).toHaveLength(3)
  })

  test('destroy has nothing to do', async () => {
    const { env } = await startFakeAws()
    const { code, out, err } = await attak(folderOf(HELLO), ['destroy', '--yes', '--json'], { env })
    expect([code, JSON.parse(out)]).toEqual([0, { topology: 'hello', stage: 'dev', removed: [] }])
    expect(err).toBe('hello (dev) in eu-west-1 of account 123456789012 is not deployed.\n')
  })
})
