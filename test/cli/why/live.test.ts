import { expect, test } from 'vitest'
import { hintOf } from '../../../src/cli/hint.ts'
import { liveSource } from '../../../src/cli/why/live.ts'
import { openAws } from '../../../src/clouds/aws/open.ts'
import { graphOf } from '../../clouds/aws/graphs.ts'
import { startFakeAws } from '../fake-aws.ts'

const graph = graphOf({ name: 'orders', processors: { a: () => {}, b: () => {} }, streams: [['a', 'b', 't']] })

test.each([
  ['payroll-of-others/shard/1', 'b'],
  ['orders--dev--b/shard/1', 'a'],
  ['orders--dev--b/shard/1', 'nobody'],
  ['orders--dev--b/shard/abc', 'b'],
])(
  'a position that a log or a record says is read only where its processor receives from: not %s by %s',
  async (position, processor) => {
    const aws = await startFakeAws()
    const { clients, place, close } = await openAws(
      { region: 'eu-west-1', endpoint: aws.env.AWS_ENDPOINT_URL! },
      Date.now,
    )
    const account = { clients, place, scope: { topology: 'orders', stage: 'dev' } }
    const source = liveSource({ account, graph, fromMs: 0, records: [], remembered: [], hint: hintOf({ flags: {} }) })
    const [fact] = await source.details([{ message: 'm', processor, root: 'm', position }])
    close()
    expect(fact).toMatchObject({ missing: expect.any(String) })
    expect(aws.calls.map(({ action }) => action)).not.toContain('GetShardIterator')
  },
)
