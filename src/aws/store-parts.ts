import type { Errors, ErrorsStore } from '../topology/recording.ts'
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

/** What a store has to know of the setting `errors`: how long a queue keeps its messages, the queue knows. */
export type StoreSettings<Store extends ErrorsStore = ErrorsStore> = Store extends 'sqs'
  ? Omit<Extract<Errors, { readonly store: 'sqs' }>, 'retentionHours'>
  : Extract<Errors, { readonly store: Store }>
