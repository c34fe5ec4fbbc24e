import { defineTopology, type PathOf } from 'attak'

export default defineTopology({
  name: 'my-topology',
  processors: {
    spout: './processors/spout' as PathOf<typeof import('./processors/spout.ts')>,
    reverse: './processors/reverse' as PathOf<typeof import('./processors/reverse.ts')>,
  },
  streams: [['spout', 'reverse', 'text']],
})
