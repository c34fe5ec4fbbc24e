import { type Context, defineTopology } from 'attak'
import { z } from 'zod'

/** What a shop sends for each order. */
const Order = z.object({
  body: z.object({
    id: z.string().min(1),
    customer: z.string().min(1),
    items: z.array(z.object({ sku: z.string(), count: z.int().positive() })).min(1),
  }),
})

type Ordered = z.infer<typeof Order>['body']

const PRICES: Readonly<Record<string, number>> = { tea: 450, cup: 1200 }

/** Answers the shop at once. The rest is done after the answer. */
function intake({ body }: z.infer<typeof Order>, context: Context<{ ordered: Ordered }>) {
  context.emit('ordered', body, { key: body.customer })
  return { status: 202, body: { accepted: body.id } }
}

/** Adds the total, in cents. */
function price(order: Ordered, context: Context<{ priced: Ordered & { total: number }; unknown: string }>) {
  const unknown = order.items.find(({ sku }) => PRICES[sku] === undefined)
  if (unknown !== undefined) return context.emit('unknown', unknown.sku)
  const total = order.items.reduce((sum, { sku, count }) => sum + PRICES[sku]! * count, 0)
  return context.emit('priced', { ...order, total }, { key: order.customer })
}

/** Calls the bank, which is busy now and then. A retry follows. */
async function bill(order: Ordered & { total: number }, context: Context<{ billed: { id: string; total: number } }>) {
  if (order.customer === 'bob' && context.attempt === 1) throw new Error('the bank is busy')
  await context.emit('billed', { id: order.id, total: order.total })
}

export default defineTopology({
  name: 'webhooks',
  processors: { intake: { handler: intake, input: Order }, price, bill },
  streams: [
    ['intake', 'price', 'ordered'],
    { from: 'price', to: 'bill', topic: 'priced', retries: 3, backoff: { firstMs: 500 } },
  ],
  sources: { orders: { type: 'http', to: 'intake', path: '/orders' } },
})
