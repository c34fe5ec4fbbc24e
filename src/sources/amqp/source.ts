import type { Source } from '../../runtime/source.ts'
import { oneOf, wholeNumber } from '../../topology/rules.ts'
import { addressOf } from '../address.ts'
import { asOne, openEach } from '../open-each.ts'
import { FORMAT_RULE, listOfTexts, textRule, urlRule } from '../rules.ts'
import { type AmqpClient, createPool } from './connect.ts'
import { openQueue } from './queue.ts'

/** Messages of queues of RabbitMQ. */
export const amqp: Source = {
  rules: {
    settings: {
      // biome-ignore lint/suspicious/noTemplateCurlyInString: users write it so.
      url: urlRule('amqps?', 'a URL such as "amqp://localhost:5672", or "${AMQP_URL}" for an environment variable'),
      queue: textRule('the name of a queue'),
      declare: oneOf(['classic', 'quorum']),
      exchange: textRule('the name of an exchange'),
      routingKeys: listOfTexts('routing keys'),
      prefetch: wholeNumber(1, 65_535),
      format: FORMAT_RULE,
    },
    required: ['queue'],
  },
  async check(sources) {
    const alone = sources.filter(
      ({ settings }) => settings.routingKeys !== undefined && settings.exchange === undefined,
    )
    return alone.map(({ name }) => ({ source: name, setting: 'routingKeys', what: 'needs an exchange' }))
  },
  async open(sources, world) {
    const client = (await world.client('rabbitmq-client', 'a source of type amqp')) as AmqpClient
    const pool = createPool(client)
    const opened = await openEach(sources, async (source) => {
      return openQueue({ source, world, pool, ...addressOf(source, 'amqp://127.0.0.1:5672', world) })
    })
    return asOne(opened)
  },
}
