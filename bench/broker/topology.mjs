import { eventOf, measured, next } from './work.mjs'

const EVENTS = Number(process.env.EVENTS)
let measure

/** Three hops. Each input makes 1000 events. */
export default {
  name: 'broker',
  pack: Number(process.env.PACK),
  processors: {
    start(part, { emit }) {
      measure ??= measured(EVENTS, () => process.kill(process.pid, 'SIGTERM'))
      for (let n = 0; n < 1000; n++) void emit('made', eventOf(1000 * part + n))
    },
    one: (event, { emit }) => void emit('one', next(event)),
    two: (event, { emit }) => void emit('two', next(event)),
    three: (event) => measure.take(event),
  },
  streams: [
    ['start', 'one', 'made'],
    ['one', 'two', 'one'],
    ['two', 'three', 'two'],
  ],
}
