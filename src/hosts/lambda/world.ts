import type { AwsWorld } from '../../aws/carrier.ts'
import type { LambdaHost } from './host.ts'

/** A function's host, place and scope. */
export interface LambdaWorld extends AwsWorld {
  readonly host: LambdaHost
}
