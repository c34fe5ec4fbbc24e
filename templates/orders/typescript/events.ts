import type { z } from 'zod'
import type { orderSchema } from './order.ts'

/** An order as the shop sends it. */
export type Order = z.infer<typeof orderSchema>

/** An order with its sum, as `intake` passes it on. */
export type PricedOrder = Order & { totalCents: number }

/** What became of an order somewhere along its way, for the customer to know. */
export interface News {
  order: string
  customer: string
  text: string
}
