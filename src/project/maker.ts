import { versions } from 'node:process'
import { fileURLToPath } from 'node:url'
import { stampOf } from './modules.ts'

/**
 * Names the running attak and its Node, the same for all of its commands: what another one has built is built anew. Some package managers
 * write all files with one and the same time.
 */
export function maker(): string {
  const file = fileURLToPath(import.meta.url)
  return `${file} ${stampOf(file)} ${versions.node}`
}
