import { z } from 'zod'

/** What the shop sends. An order that does not fit is refused before `intake` runs, with the field that is wrong. */
export const orderSchema = z.object({
  id: z.string().min(1),
  customer: z.email(),
  card: z.enum(['valid', 'expired']),
  items: z.array(z.object({ sku: z.string(), quantity: z.int().positive(), cents: z.int().positive() })).min(1),
})
