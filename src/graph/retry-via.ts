import { viasOf } from '../topology/carrier-rules.ts'
import type { Via } from '../topology/delivery.ts'
import type { Graph } from './graph.ts'

/** Returns the carrier of the place where a processor's messages wait for their next try: that of its first stream says. */
export function retryViaOf({ carriers, streams }: Graph, processor: string): Via {
  const via = streams.find(({ to }) => to === processor)?.via ?? viasOf(carriers)[0]!
  return carriers[via].retryVia
}
