import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { NO_REPOSITORY } from './processors/intake.ts'

interface Definition {
  name: string
  examples: { repository?: { full_name: string } | null }[]
}

/**
 * Returns every payload in `@octokit/webhooks-examples` as a delivery, keyed by its repository. At the end a question about
 * each repository follows, by the same key: so it arrives after all that happened there.
 */
export function* webhooks() {
  const repositories = new Set<string>()
  for (const { name: event, examples } of definitions()) {
    for (const payload of examples) {
      const key = payload.repository?.full_name ?? NO_REPOSITORY
      repositories.add(key)
      yield { to: 'intake', key, event: { event, payload } }
    }
  }
  for (const repository of repositories) {
    const payload = { repository: { full_name: repository }, of: repositories.size }
    yield { to: 'intake', key: repository, event: { event: 'question', payload } }
  }
}

/** The package has a folder for github.com and for each version of GitHub Enterprise Server, each with an index. */
function* definitions(): Generator<Definition> {
  const { resolve } = createRequire(import.meta.url)
  const folder = dirname(resolve('@octokit/webhooks-examples/package.json'))
  const servers = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  for (const server of servers.map(({ name }) => name).sort()) {
    yield* JSON.parse(readFileSync(join(folder, server, 'index.json'), 'utf8')) as Definition[]
  }
}
