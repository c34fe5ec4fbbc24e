import { statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Names the running attak, the same for all of its commands: what another one has built is built anew. */
export function maker(): string {
  const file = fileURLToPath(import.meta.url)
  return `${file} ${statSync(file).mtimeMs}`
}
