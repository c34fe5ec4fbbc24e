import { setTimeout as wait } from 'node:timers/promises'

const WAIT_MS = 20

/** Handlers that wait for something else, such as a database. A worker runs as many at once as --concurrency says. */
export default {
  name: 'waiting',
  pack: 1,
  processors: {
    start(count, { emit }) {
      for (let n = 0; n < count; n++) void emit('made', { n })
    },
    work: () => wait(WAIT_MS),
  },
  streams: [['start', 'work', 'made']],
}
