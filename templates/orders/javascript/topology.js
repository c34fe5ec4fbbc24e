import { defineTopology } from 'attak'
import { orderSchema } from './order.js'

export default defineTopology({
  name: 'my-topology',
  processors: {
    intake: { path: './processors/intake', input: orderSchema },
    billing: { path: './processors/billing', retries: 3, backoff: { firstMs: 500 } },
    packing: './processors/packing',
    mailer: './processors/mailer',
  },
  streams: [
    ['intake', 'billing', 'order'],
    ['intake', 'packing', 'order'],
    { from: 'billing', to: 'mailer', topics: ['paid', 'declined'] },
    ['packing', 'mailer', 'packed'],
  ],
})
