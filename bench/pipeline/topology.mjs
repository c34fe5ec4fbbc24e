import { aggregate, enrich } from './aggregate.mjs'

/** A line's event → enrich → aggregate, as a topology. */
export default {
  name: 'pipeline',
  processors: {
    parse: (event, context) => context.emit('parsed', event),
    enrich: (event, context) => context.emit('enriched', enrich(event)),
    aggregate: (event) => aggregate(event),
  },
  streams: [
    ['parse', 'enrich', 'parsed'],
    ['enrich', 'aggregate', 'enriched'],
  ],
}
