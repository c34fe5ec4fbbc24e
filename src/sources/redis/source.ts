import type { OpenSources, Source, SourceWorld } from '../../runtime/source.ts'
import { oneOf, wholeNumber } from '../../topology/rules.ts'
import type { TopologySource } from '../../topology/source.ts'
import { addressOf } from '../address.ts'
import { asOne, openEach } from '../open-each.ts'
import { FORMAT_RULE, listOfTexts, textRule, urlRule } from '../rules.ts'

/** Entries of streams, and messages of channels. */
export const redis: Source = {
  rules: {
    settings: {
      // biome-ignore lint/suspicious/noTemplateCurlyInString: users write it so.
      url: urlRule('rediss?', 'a URL such as "redis://localhost:6379", or "${REDIS_URL}" for an environment variable'),
      stream: textRule('the name of a stream'),
      group: textRule('the name of a consumer group'),
      from: oneOf(['start', 'end']),
      field: textRule('the name of a field'),
      claimAfter: wholeNumber(1, 86_400, 'a whole number of seconds'),
      channels: listOfTexts('channels'),
      format: FORMAT_RULE,
    },
    oneOf: ['stream', 'channels'],
  },
  isForOne: ({ settings }) => settings.stream === undefined,
  check: async () => [],
  open: async (sources, world) => asOne(await openEach(sources, (source) => openOne(source, world))),
}

async function openOne(source: TopologySource, world: SourceWorld): Promise<OpenSources> {
  const address = addressOf(source, 'redis://127.0.0.1:6379', world)
  const client = (await world.client('ioredis', 'a source of type redis')) as typeof import('ioredis')
  const parts = { source, world, client, ...address }
  if (source.settings.stream === undefined) return (await import('./channels.ts')).openChannels(parts)
  return (await import('./stream.ts')).openStream(parts)
}
