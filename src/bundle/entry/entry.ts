import type { Entry, EntryDefinition } from './definition.ts'

/** Makes a deployed function of a baked definition: what the generated module of an artifact exports. */
export function createEntry(definition: EntryDefinition): Entry {
  return () => Promise.reject(new Error(`the entry of "${definition.topology}" is not built yet`))
}
