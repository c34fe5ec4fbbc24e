/** Three hops; the last keeps nothing. */
export default {
  name: 'memory',
  processors: {
    first: (event, context) => {
      context.emit('out', { id: event.id, text: event.text, hops: 1 })
    },
    second: (event, context) => {
      context.emit('out', { id: event.id, text: event.text, hops: event.hops + 1 })
    },
    third: () => {},
  },
  streams: [
    ['first', 'second'],
    ['second', 'third'],
  ],
}
