import { defineTopology } from 'attak'

export default defineTopology({
  name: 'my-topology',
  processors: {
    spout: './processors/spout',
    reverse: './processors/reverse',
  },
  streams: [['spout', 'reverse', 'text']],
})
