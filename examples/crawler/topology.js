import { setTimeout as wait } from 'node:timers/promises'
import { serve } from './site.js'
import { openVisits } from './visits.js'

const HOSTS = ['tea.example', 'cup.example']
const MOST_STEPS = 5
const MOST_PAGES = 100
/** A host is left alone for so long between two requests. */
const PAUSE_MS = 20

/** Lets each page of a crawl through once. */
const frontier = {
  setup: () => openVisits(process.env.ATTAK_BROKER),
  teardown: (visits) => visits.close(),
  async handler({ crawl, url, steps }, { id, emit, resources: visits }) {
    const { host } = new URL(url)
    if (!HOSTS.includes(host) || steps > MOST_STEPS) return
    const { isOurs, count } = await visits.claim(crawl, url, id)
    if (!isOurs || count > MOST_PAGES) return
    // Its key is the host: the messages of a host are handled one after the other, whichever worker has them.
    await emit('visit', { crawl, url, steps }, { key: host })
  },
}

/** Loads a page. A host that is busy is asked again later, and its other pages wait until then. */
const load = {
  environment: ['SITE'],
  retries: 5,
  backoff: { firstMs: 200 },
  setup: async () => (process.env.SITE ? { url: process.env.SITE, close() {} } : await serve()),
  teardown: (site) => site.close(),
  async handler({ crawl, url, steps }, { emit, resources: site }) {
    const { host, pathname } = new URL(url)
    const response = await fetch(`${site.url}/${host}${pathname}`)
    const html = await response.text()
    await wait(PAUSE_MS)
    if (response.status >= 500) throw new Error(`${host} answers ${response.status}`)
    if (!response.ok) return emit('missing', url)
    return emit('page', { crawl, url, steps, html })
  },
}

/** Finds the title and the links of a page. */
function read({ crawl, url, steps, html }, { emit }) {
  const links = [...html.matchAll(/href="([^"]*)"/g)].map(([, link]) => new URL(link, url))
  emit('indexed', { url, title: /<title>(.*)<\/title>/.exec(html)?.[1] })
  for (const link of links) {
    link.hash = ''
    emit('link', { crawl, url: link.href, steps: steps + 1 })
  }
}

export default {
  name: 'crawler',
  processors: { frontier, load, read },
  streams: [
    ['frontier', 'load', 'visit'],
    ['load', 'read', 'page'],
    ['read', 'frontier', 'link'],
  ],
  input: { frontier: { crawl: 'tried', url: 'http://tea.example/', steps: 0 } },
}
