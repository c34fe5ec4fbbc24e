import { defineTopology } from 'attak'
import { orderSchema } from './order.ts'
import { handler as billing } from './processors/billing.ts'
import { handler as intake } from './processors/intake.ts'
import { handler as mailer } from './processors/mailer.ts'
import { handler as packing } from './processors/packing.ts'

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
