import { describe, expect, test } from 'vitest'
import { type Answers, startFakeAws } from '../fake-aws.ts'
import { attak } from '../fake-host.ts'
import { folderOf, HELLO } from '../folder.ts'

async function list(answers: Answers, argv: readonly string[] = []) {
  const { env } = await startFakeAws(answers)
  return attak(folderOf(HELLO), ['errors', 'list', ...argv], { env })
}

describe('errors that cannot be read', () => {
  test('of a stage that is not deployed', async () => {
    const { code, out, err } = await list({}, ['--stage', 'qa'])
    expect([code, out]).toEqual([1, ''])
    expect(err).toMatch(
      /^\[NOT_DEPLOYED\] hello \(qa\) is not deployed here: the .* does not exist\. Deploy it first: attak deploy --stage qa\./,
    )
  })

  test('because a permission is missing, which is named', async () => {
    const { code, err } = await list({
      GetQueueUrl: { QueueUrl: 'https://sqs.eu-west-1.amazonaws.com/123456789012/hello--dev--_errors' },
      GetQueueAttributes: { Attributes: { ApproximateNumberOfMessages: '1' } },
      ReceiveMessage: {
        code: 'AccessDeniedException',
        message:
          'User: arn:aws:iam::123456789012:user/ada is not authorized to perform: sqs:receivemessage on resource: arn:aws:sqs:eu-west-1:123456789012:hello--dev--_errors because no identity-based policy allows it',
        status: 403,
      },
    })
    expect(code).toBe(1)
    expect(err).toMatch(
      /^\[PERMISSION_MISSING\] could not read the .*: the permission sqs:receivemessage is missing on arn:aws:sqs:eu-west-1:123456789012:hello--dev--_errors\. Grant it; `attak policy` prints all/,
    )
  })

  test('of a topology that is not at the given path', async () => {
    const { env } = await startFakeAws({})
    const ran = await attak(folderOf({}), ['errors', 'list', '--topology', 'nowhere'], { env })
    expect([ran.code, ran.err]).toEqual([1, expect.stringContaining('[TOPOLOGY_NOT_FOUND]')])
  })
})
