/** Packs an order: up to five pieces in a box. */
export async function handler(order, context) {
  const pieces = order.items.reduce((sum, item) => sum + item.quantity, 0)
  const boxes = Math.ceil(pieces / 5)
  await context.emit('packed', {
    order: order.id,
    customer: order.customer,
    text: `packed in ${boxes} ${boxes === 1 ? 'box' : 'boxes'}`,
  })
}
