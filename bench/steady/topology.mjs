/** Three hops with keys. One message in ten fails once. Each minute, the heap is measured after a garbage collection. */
export default {
  name: 'steady',
  retries: 1,
  processors: {
    intake: ({ body }, context) => void context.emit('order', body, { key: `k${body.n % 100}` }),
    price(order, context) {
      if (order.n % 10 === 0 && context.attempt === 1) throw new Error('not yet')
      context.emit('priced', { ...order, cents: order.n * 100 }, { key: context.key })
    },
    bill: () => {},
    measure() {
      globalThis.gc()
      const { heapUsed, rss, external } = process.memoryUsage()
      // `--quiet` does not hide this level.
      // biome-ignore lint/suspicious/noConsole: a handler writes its lines so.
      console.error(JSON.stringify({ heapUsed, rss, external }))
    },
  },
  streams: [
    ['intake', 'price', 'order'],
    ['price', 'bill', 'priced'],
  ],
  sources: {
    orders: { type: 'http', to: 'intake', path: '/orders', port: 0, reply: 'accepted' },
    minute: { type: 'schedule', to: 'measure', cron: '* * * * *' },
  },
}
