/** Books an order. What it returns is the answer; what it throws is answered with 400 and recorded. */
export default function ({ log, config }) {
  const booked = new Map()
  return async ({ article, count }, { requestId }) => {
    if (!Number.isInteger(count)) throw new Error(`no count of ${article}`)
    const total = (booked.get(article) ?? 0) + count
    booked.set(article, total)
    log.log(config.level, `${config.warehouse}: ${count} ${article}, request ${requestId}`)
    return { article, total }
  }
}
