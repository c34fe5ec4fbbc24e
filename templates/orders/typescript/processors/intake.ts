import type { Context } from 'attak'
import type { Order, PricedOrder } from '../events.ts'

/** Adds up an order and passes it on. Its key keeps the orders of one customer in sequence. */
export async function handler(order: Order, context: Context<{ order: PricedOrder }>) {
  const totalCents = order.items.reduce((sum, item) => sum + item.quantity * item.cents, 0)
  await context.emit('order', { ...order, totalCents }, { key: order.customer })
}
