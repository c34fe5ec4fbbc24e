import { afterAll, beforeAll } from 'vitest'
import { queueArn, queueName } from '../../../src/aws/names.ts'
import { createSqsStore } from '../../../src/stores/sqs/store.ts'
import { callAws, type Emulator, PLACE } from '../../contract/emulator.ts'
import { startFauxqs } from '../../contract/fauxqs.ts'
import { storeContract } from '../../contract/store.ts'

let emulator: Emulator
let stages = 0
beforeAll(async () => {
  emulator = await startFauxqs()
})
afterAll(() => emulator.close())

const call = (operation: string, body: object) => callAws(emulator.client, `AmazonSQS.${operation}`, body)

interface Received {
  readonly Messages?: readonly { readonly Body: string; readonly ReceiptHandle: string }[]
}

const SKIPS = [
  {
    test: 'keeps characters of every plane of Unicode',
    reason: 'fauxqs 1.9.2 refuses those above the first, which SQS takes',
  },
]

for (const whose of ["the topology's own", "the user's"]) {
  const world = async () => {
    const scope = { topology: 'orders', stage: `s${stages++}` }
    const own = queueName(scope, '_errors', { fifo: false })
    const name = whose === "the user's" ? `alarms-${stages}` : own
    const errors = { store: 'sqs', ...(name !== own && { queue: queueArn(PLACE, name) }) } as const
    const { QueueUrl } = await call('CreateQueue', { QueueName: name })
    const parts = { ...scope, client: emulator.client, place: PLACE, now: Date.now }
    return {
      store: createSqsStore({ ...parts, errors }),
      lost: createSqsStore({ ...parts, errors: { store: 'sqs', queue: queueArn(PLACE, 'nowhere') } }),
      async kept() {
        const texts: string[] = []
        for (;;) {
          const { Messages = [] } = (await call('ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 10 })) as Received
          if (Messages.length === 0) return texts
          texts.push(...Messages.map(({ Body }) => Body))
        }
      },
      close: async () => void (await call('DeleteQueue', { QueueUrl })),
    }
  }
  storeContract(`sqs, in ${whose} queue, on fauxqs`, world, SKIPS)
}
