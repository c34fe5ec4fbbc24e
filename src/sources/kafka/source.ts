import type { Source } from '../../runtime/source.ts'
import { oneOf, wholeNumber } from '../../topology/rules.ts'
import { asOne, openEach } from '../open-each.ts'
import { FORMAT_RULE, listOfTexts, textRule, urlRule } from '../rules.ts'
import { clusterOf } from './cluster.ts'
import { openGroup } from './group.ts'

/** Records of topics of Kafka. */
export const kafka: Source = {
  rules: {
    settings: {
      // biome-ignore lint/suspicious/noTemplateCurlyInString: users write it so.
      url: urlRule('kafkas?', 'a URL such as "kafka://localhost:9092", or "${KAFKA_URL}" for an environment variable'),
      topics: listOfTexts('topics'),
      group: textRule('the name of a consumer group'),
      from: oneOf(['earliest', 'latest']),
      claimAfter: wholeNumber(1, 1800, 'a whole number of seconds'),
      format: FORMAT_RULE,
    },
    required: ['topics'],
  },
  check: async () => [],
  async open(sources, world) {
    const client = (await world.client(
      '@platformatic/kafka',
      'a source of type kafka',
    )) as typeof import('@platformatic/kafka')
    const opened = await openEach(sources, async (source) => {
      return openGroup({ source, world, client, cluster: clusterOf(source, world) })
    })
    return asOne(opened)
  },
}
