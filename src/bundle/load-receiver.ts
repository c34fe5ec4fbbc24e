import type { LoadedProcessor } from '../runtime/invocation.ts'
import { factoryIn, receiverHandler } from '../runtime/receiver.ts'
import type { ReceiverFactory } from '../topology/receiver.ts'
import type { StandardSchema } from '../topology/schema.ts'

/** A receiver in its artifact. */
export interface ReceiverCode {
  readonly module: string
  readonly properties: Readonly<Record<string, unknown>>
  /** Of one of attak's own. */
  readonly factory?: ReceiverFactory
  /** The exports of its module: the factory, or what loads the clients of attak's own. */
  readonly exported: { readonly default?: unknown; readonly clients?: Readonly<Record<string, () => Promise<unknown>>> }
}

/** Returns the code of a processor that is a receiver; runs inside the deployed function. */
export function loadReceiver(
  name: string,
  { module, properties, factory, exported }: ReceiverCode,
  input?: StandardSchema,
): LoadedProcessor {
  const found = factory ?? factoryIn(exported)
  if (found === undefined) throw new Error(`the receiver "${module}" exports no factory as default`)
  const client = async (wanted: string) => {
    const load = exported.clients?.[wanted]
    if (load === undefined)
      throw new Error(`the artifact of "${name}" does not hold the package "${wanted}": import it`)
    return load()
  }
  return { name, ...receiverHandler({ module, properties, load: () => found, client }), ...(input && { input }) }
}
