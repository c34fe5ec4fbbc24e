import type { AwsWorld } from '../../aws/carrier.ts'
import type { LambdaHost } from './host.ts'

/** Where a function runs, and whose it is. */
export interface LambdaWorld extends AwsWorld {
  readonly host: LambdaHost
}
