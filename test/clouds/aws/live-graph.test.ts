import { expect, test } from 'vitest'
import { graphOfLive } from '../../../src/clouds/aws/live-graph.ts'
import { receivedFrom } from '../../../src/clouds/aws/read-back.ts'

const liveOf = (id: string, more: object = {}) => ({
  ...{ id, kind: id.slice(0, id.indexOf('/')), name: id, address: id, fingerprint: 'f', holdsData: false },
  ...more,
})

test('without a project, the streams of a processor are read from the live mappings', () => {
  const graph = graphOfLive({ topology: 'orders', stage: 'dev' }, [
    ...['a', 'b'].map((processor) => liveOf(`function/${processor}`, { processor })),
    ...['stream/b', 'stream/all', 'stream/unused', 'queue/q', 'queue/_retry-b'].map((id) => liveOf(id)),
    ...['b/b', 'all/a', 'all/b', 'q/b', '_retry-b/b', 'gone/b'].map((id) => liveOf(`mapping/${id}`)),
  ])
  const namesOf = (processor: string) => receivedFrom(graph, processor).map(({ name }) => name)
  expect([namesOf('a'), namesOf('b'), namesOf('c')]).toEqual([['all'], ['b', 'all'], []])
  expect(graph.channels.filter(({ via }) => via === 'sqs').map(({ name, to }) => [name, to])).toEqual([['q', ['b']]])
})
