import type { LoadedProcessor } from '../runtime/invocation.ts'
import { handlerIn } from '../topology/exported.ts'
import type { StandardSchema } from '../topology/schema.ts'

/** Returns a processor's code from the exports of its module; runs inside the deployed function. */
export function loadFromModule(name: string, exported: unknown, input?: StandardSchema): LoadedProcessor {
  const found = handlerIn(exported)
  if (found === undefined) throw new Error(`the module of processor "${name}" exports no handler`)
  return { name, ...found, ...(input && { input }) }
}
