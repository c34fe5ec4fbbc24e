import type { Handler } from '../topology/handler.ts'
import type { StandardSchema } from '../topology/schema.ts'

/** A processor's code, loaded: what the runtime calls. */
export interface LoadedProcessor {
  readonly name: string
  /** The user's own function, unwrapped: its declared parameters decide how it settles. */
  readonly handler: Handler
  /** `this` of the handler. */
  readonly self?: object
  /** Events that do not fit are refused before the handler runs; it gets the schema's output. */
  readonly input?: StandardSchema
}
