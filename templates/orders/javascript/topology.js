import { defineTopology } from 'attak'
import { orderSchema } from './order.js'
import { handler as billing } from './processors/billing.js'
import { handler as intake } from './processors/intake.js'
import { handler as mailer } from './processors/mailer.js'
import { handler as packing } from './processors/packing.js'

export default defineTopology({
  name: 'my-topology',
  processors: {
    intake: { handler: intake, input: orderSchema },
    billing: { handler: billing, retries: 3, backoff: { firstMs: 500 } },
    packing,
    mailer,
  },
  streams: [
    ['intake', 'billing', 'order'],
    ['intake', 'packing', 'order'],
    { from: 'billing', to: 'mailer', topics: ['paid', 'declined'] },
    ['packing', 'mailer', 'packed'],
  ],
})
