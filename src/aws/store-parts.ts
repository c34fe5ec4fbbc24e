import type { StoreSettings } from '../runtime/store.ts'
import type { ErrorsStore } from '../topology/recording.ts'
import type { AwsClient } from './client.ts'
import type { Place, Scope } from './names.ts'

/** What a store of AWS is made of, within a function. */
export interface StoreParts<Store extends ErrorsStore = ErrorsStore> extends Scope {
  readonly client: AwsClient
  /** Where the function is. */
  readonly place: Place
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly errors: StoreSettings<Store>
}
