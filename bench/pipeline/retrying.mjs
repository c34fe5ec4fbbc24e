import { aggregate, enrich } from './aggregate.mjs'

/** The pipeline in which one event in ten fails once in its second step, and is retried. */
export default {
  name: 'pipeline',
  retries: 1,
  processors: {
    parse: (event, context) => context.emit('parsed', event),
    enrich(event, context) {
      if (event.id % 10 === 0 && context.attempt === 1) throw new Error('not yet')
      context.emit('enriched', enrich(event))
    },
    aggregate: (event) => aggregate(event),
  },
  streams: [
    ['parse', 'enrich', 'parsed'],
    ['enrich', 'aggregate', 'enriched'],
  ],
}
