import { describe, expect, test } from 'vitest'
import { startFakeAws } from '../fake-aws.ts'
import { attak } from '../fake-host.ts'
import { folderOf, HELLO } from '../folder.ts'

/** Functions that take events, and queues of errors that hold none. */
const DEPLOYED = {
  'POST functions/hello--dev--spout/invocations': {},
  GetQueueUrl: { QueueUrl: 'https://sqs.eu-west-1.amazonaws.com/123456789012/errors' },
  GetQueueAttributes: { Attributes: { ApproximateNumberOfMessages: '0' } },
  ReceiveMessage: {},
}
const DENIED = {
  code: 'AccessDeniedException',
  message: 'User: ada is not authorized to perform: logs:FilterLogEvents on resource: all',
}
const ID = 'ab'.repeat(16)

describe.each([['logs'], ['trigger --follow'], [`why ${ID}`]])('a refusal of CloudWatch Logs to attak %s', (line) => {
  const words = line.split(' ')

  test.each([
    ['a missing permission', DENIED, 'PERMISSION_MISSING', 'the permission logs:FilterLogEvents is missing'],
    ['junk', '<html>', 'AWS_REFUSED', 'the answer to CloudWatchLogs FilterLogEvents did not come from AWS'],
    ['a redirect', { code: 'Moved', message: '', status: 307 }, 'AWS_REFUSED', 'status 307'],
  ])('is reported with its cause: %s', async (_, FilterLogEvents, code, what) => {
    const { env } = await startFakeAws({ ...DEPLOYED, FilterLogEvents })
    const ran = await attak(folderOf(HELLO), words, { env })
    expect(ran.code).toBe(1)
    expect(ran.err).toContain(`[${code}] could not read the logs: `)
    expect(ran.err).toContain(what)
  })

  test('is retried if it is a throttle', async () => {
    let asked = 0
    const FilterLogEvents = () =>
      asked++ === 0 ? { code: 'ThrottlingException', message: 'Rate exceeded' } : { events: [] }
    const { env, calls } = await startFakeAws({ ...DEPLOYED, FilterLogEvents })
    let ms = 0
    const ran = await attak(folderOf(HELLO), words, { env, now: () => (ms += 10_000) })
    expect(ran.err).not.toContain('Rate exceeded')
    expect(calls.filter(({ action }) => action === 'FilterLogEvents').length).toBeGreaterThan(1)
  })
})
