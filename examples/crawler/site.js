import { once } from 'node:events'
import { createServer } from 'node:http'

/** The links of each page. One page answers 503 at first, one link leads nowhere, and one leads to a host that is not crawled. */
const PAGES = {
  'tea.example/': ['/green', '/black', '/old', 'http://cup.example/'],
  'tea.example/green': ['/', '/sencha', '/matcha'],
  'tea.example/black': ['/', '/assam', 'http://cup.example/mug'],
  'tea.example/sencha': ['/green', 'http://elsewhere.example/'],
  'tea.example/matcha': ['/green', '/sencha#price'],
  'tea.example/assam': ['/black'],
  'cup.example/': ['/mug', '/glass', 'http://tea.example/'],
  'cup.example/mug': ['/', '/glass'],
  'cup.example/glass': ['/mug', '/deep/1'],
  ...Object.fromEntries([1, 2, 3, 4].map((n) => [`cup.example/deep/${n}`, [`/deep/${n + 1}`]])),
}
const BUSY = 'cup.example/mug'

/** Serves pages of several hosts on a port that the system chooses: http://127.0.0.1:1234/tea.example/green. Counts requests. */
export async function serve() {
  const seen = new Map()
  const open = new Map()
  let mostAtOnce = 0
  const server = createServer(({ url }, response) => {
    const page = url.slice(1)
    const [host] = page.split('/')
    const isFirst = !seen.has(page)
    seen.set(page, (seen.get(page) ?? 0) + 1)
    open.set(host, (open.get(host) ?? 0) + 1)
    mostAtOnce = Math.max(mostAtOnce, open.get(host))
    const answer = (status, body) => {
      setTimeout(() => {
        open.set(host, open.get(host) - 1)
        response.writeHead(status, { 'content-type': 'text/html', connection: 'close' }).end(body)
      }, 5)
    }
    const links = PAGES[page]
    if (links === undefined) return answer(404, 'there is no such page')
    if (page === BUSY && isFirst) return answer(503, 'try again')
    return answer(200, `<title>${page}</title>${links.map((link) => `<a href="${link}">a link</a>`).join('')}`)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    requests: () => [...seen.values()].reduce((sum, count) => sum + count, 0),
    mostAtOnce: () => mostAtOnce,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}
