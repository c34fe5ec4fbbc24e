/** A visited page is remembered for a day. */
const KEEP_SECONDS = 86_400

/**
 * Remembers which pages a crawl has visited: on Redis, where all workers see it, or else in memory. The message whose id is there owns
 * the page. So a message that is delivered a second time still gets its page.
 */
export async function openVisits(address) {
  if (!address) return inMemory()
  const { Redis } = await import('ioredis')
  const client = new Redis(address)
  client.on('error', () => {})
  return {
    async claim(crawl, url, id) {
      const key = `crawler:visits:${crawl}`
      const results = await client
        .multi()
        .hsetnx(key, url, id)
        .expire(key, KEEP_SECONDS)
        .hget(key, url)
        .hlen(key)
        .exec()
      const [, , [, owner], [, count]] = results
      return { isOurs: owner === id, count }
    },
    close: () => client.quit(),
  }
}

function inMemory() {
  const owners = new Map()
  return {
    async claim(crawl, url, id) {
      const key = `${crawl} ${url}`
      if (!owners.has(key)) owners.set(key, id)
      return { isOurs: owners.get(key) === id, count: owners.size }
    },
    close() {},
  }
}
