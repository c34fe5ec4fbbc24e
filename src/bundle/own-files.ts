import { dirname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const HERE = fileURLToPath(import.meta.url)
const AS_SOURCE = HERE.endsWith('.ts')

/** What the generated modules import of attak, by the name they import it by: its source, relative to `src`. */
export const FUNCTION_MODULES: Readonly<Record<string, string>> = Object.freeze({
  'function-entry': 'bundle/entry/entry.ts',
  'function-kinesis': 'bundle/entry/kinesis.ts',
  'function-sqs': 'bundle/entry/sqs.ts',
  'function-invoke': 'bundle/entry/invoker.ts',
  'function-spans': 'runtime/spans.ts',
  'function-handled': 'bundle/entry/handled.ts',
  'function-module': 'bundle/load-module.ts',
  'function-topology': 'bundle/load-topology.ts',
  'function-store-sqs': 'stores/sqs/store.ts',
  'function-store-dynamodb': 'stores/dynamodb/store.ts',
  'function-store-s3': 'stores/s3/store.ts',
})

/** The folder in which attak looks for packages that it lends to projects that lack them. */
export const OWN_FOLDER = dirname(HERE)

/** The file of one of {@link FUNCTION_MODULES}: as source, or as built beside this file. */
export function functionModule(name: string): string | undefined {
  const source = FUNCTION_MODULES[name]
  if (source === undefined) return undefined
  return AS_SOURCE ? join(OWN_FOLDER, '..', source) : join(OWN_FOLDER, `${name}.js`)
}

/** What a project that imports `attak` gets where it does not have it itself. */
export function ownIndex(): string {
  return AS_SOURCE ? join(OWN_FOLDER, '../index.ts') : join(OWN_FOLDER, 'index.js')
}

/** Whether `file` is attak's own. */
export function isOwn(file: string): boolean {
  return file.startsWith((AS_SOURCE ? dirname(OWN_FOLDER) : OWN_FOLDER) + sep)
}
