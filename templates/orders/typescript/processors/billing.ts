import type { Context } from 'attak'
import type { News, PricedOrder } from '../events.ts'

/** Charges the card. What it throws is retried as the topology says; a card that is refused is news, not an error. */
export async function handler(order: PricedOrder, context: Context<{ paid: News; declined: News }>) {
  const { id, customer, totalCents } = order
  if (totalCents > 100_00 && context.attempt === 1) throw new Error('the card terminal did not answer')

  const amount = (totalCents / 100).toFixed(2)
  if (order.card === 'expired') {
    await context.emit('declined', { order: id, customer, text: `your card was declined for ${amount}` })
  } else {
    await context.emit('paid', { order: id, customer, text: `you paid ${amount}` })
  }
}
