import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { main } from '../../../src/cli/main.ts'
import { type Answers, startFakeAws } from '../fake-aws.ts'
import { fakeHost } from '../fake-host.ts'
import { folderOf, HELLO } from '../folder.ts'

const ERRORS_URL = 'https://sqs.eu-west-1.amazonaws.com/123456789012/hello--dev--_errors'
const LOOK_MS = 6_000

interface Sent {
  readonly id: string
  readonly attakroot: string
  readonly data: string
}

/** A log line of `spout` about a message. */
const line = ({ id, attakroot }: Sent, fields: object) => ({
  eventId: `${id} ${JSON.stringify(fields)}`,
  timestamp: 0,
  message: JSON.stringify({ time: '1970-01-01T00:00:00.000Z', message: id, root: attakroot, ...fields }),
})
const OK = { attak: 'end', level: 'info', outcome: 'ok' }

/**
 * Triggers two events, "a" and "b", and follows them; each look at the logs takes six seconds. `linesAt` returns what has been
 * logged of an event at a time, `records` what the errors queue holds.
 */
async function follow(
  linesAt: (sent: Sent, nowMs: number) => readonly object[],
  { records = () => [], json = false }: { records?: (sent: readonly Sent[]) => readonly object[]; json?: boolean } = {},
) {
  const sent: Sent[] = []
  let ms = 0
  const answers: Answers = {
    'POST functions/hello--dev--spout/invocations': ({ body }) => {
      sent.push(JSON.parse(body))
      return {}
    },
    FilterLogEvents: ({ body }) => {
      if (!body.includes('hello--dev--spout')) return { events: [] }
      ms += LOOK_MS
      return { events: sent.flatMap((one) => linesAt(one, ms).map((fields) => line(one, fields))) }
    },
    GetQueueUrl: ({ body }) =>
      body.includes('_errors') ? { QueueUrl: ERRORS_URL } : { QueueUrl: 'https://crashes/1/c' },
    GetQueueAttributes: { Attributes: { ApproximateNumberOfMessages: '0' } },
    ReceiveMessage: ({ body }) => {
      const found = body.includes('_errors') && ms > 0 ? records(sent) : []
      const Messages = found.map((record, index) => ({
        MessageId: `m${index}`,
        ReceiptHandle: `r${index}`,
        Body: JSON.stringify(record),
        MD5OfBody: createHash('md5').update(JSON.stringify(record)).digest('hex'),
      }))
      return Messages.length > 0 ? { Messages } : {}
    },
    ChangeMessageVisibilityBatch: { Successful: [], Failed: [] },
    ChangeMessageVisibility: {},
  }
  const { env } = await startFakeAws(answers)
  const folder = folderOf({ ...HELLO, 'events.jsonl': '"a"\n"b"\n' })
  const host = { ...fakeHost(folder, { env }), now: () => ms }
  const argv = ['trigger', '--input', 'events.jsonl', '--to', 'spout', '--follow', ...(json ? ['--json'] : [])]
  return { sent, ...host.ran(await main(argv, host)), ms }
}

describe('trigger --follow', () => {
  test('exits with 0 when every event was confirmed', async () => {
    const { code, err } = await follow(() => [OK])
    expect([code, err]).toEqual([0, ''])
  })

  test('waits three times as long for an event that is not confirmed', async () => {
    const late = await follow(({ data }, nowMs) => (data === 'a' || nowMs >= 24_000 ? [OK] : []))
    expect([late.code, late.err]).toEqual([0, ''])
  })

  test('exits with 1 and names an event that is not confirmed', async () => {
    const { code, err, sent, ms } = await follow(({ data }) => (data === 'a' ? [OK] : []))
    expect(code).toBe(1)
    const lost = sent.find(({ data }) => data === 'b')!
    expect(err).toContain('✗ 1 event of 2 not confirmed: no log line shows that they were handled.\n')
    expect(err).toContain(`  spout ${lost.id}: it has no error record\n`)
    expect(err).toContain(`attak logs --message ${lost.id} shows its lines, attak errors list shows`)
    expect(ms).toBeGreaterThanOrEqual(30_000)
    expect(ms).toBeLessThan(60_000)
  })

  test.each([
    ['a line of its handler', { attak: 'log', level: 'info', text: 'working' }],
    ['a failed try that is tried again', { attak: 'end', level: 'warn', outcome: 'retry' }],
  ])(
    'does not accept %s as a confirmation',
    async (_, fields) => {
      expect((await follow(() => [fields])).code).toBe(1)
    },
    30_000,
  )

  test('shows the error of an event that was not confirmed', async () => {
    const recordOf = (message: Sent) => ({
      ...{ attakerror: 1, id: 'f'.repeat(32), kind: 'failed', time: '1970-01-01T00:00:00.000Z' },
      ...{ topology: 'hello', stage: 'dev', processor: 'spout', attempt: 1 },
      ...{ error: { name: 'Error', message: 'died at start' }, message },
    })
    const records = (sent: readonly Sent[]) => sent.filter(({ data }) => data === 'b').map(recordOf)
    const { code, err } = await follow(({ data }) => (data === 'a' ? [OK] : []), { records })
    if (code !== 1) throw new Error(err)
    expect(err).toMatch(/ {2}spout \w+: Error: died at start \(attak errors show f{12}\)/)
  })

  test('prints it as JSON', async () => {
    const { code, out, sent } = await follow(({ data }) => (data === 'a' ? [OK] : []), { json: true })
    const lines = out
      .trimEnd()
      .split('\n')
      .map((text) => JSON.parse(text))
    const { id, attakroot: root } = sent.find(({ data }) => data === 'b')!
    expect([code, lines.at(-1)]).toEqual([1, { kind: 'unconfirmed', to: 'spout', id, root, errors: [] }])
  })
})
