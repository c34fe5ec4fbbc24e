import type { Graph, GraphChannel, GraphProcessor } from '../graph/graph.ts'
import type { Resource } from '../graph/resource.ts'
import type { CarriedChannel, Carrier } from '../runtime/carrier.ts'
import type { AwsClient } from './client.ts'
import type { Place, Scope } from './names.ts'

/** What sending within AWS needs. */
export interface AwsWorld {
  readonly client: AwsClient
  /** Where the channels are. */
  readonly place: Place
  /** Whose they are. */
  readonly scope: Scope
}

/** A carrier that topologies on AWS can use, and what AWS has to know of it. */
export interface AwsCarrier extends Carrier<AwsWorld> {
  readonly resources?: CarrierResources
  /** The kind of resource that holds the messages of a channel. */
  readonly holder: 'stream' | 'queue'
  /** What functions need of IAM to receive from a channel, and to send to one. */
  readonly actions: { readonly receive: readonly string[]; readonly send: readonly string[] }
  /** Returns the ARN of what holds the messages of a channel. */
  addressOf(place: Place, scope: Scope, channel: CarriedChannel): string
}

/** The resources of a carrier. */
export interface CarrierResources {
  /** Those of a channel: what holds its messages, and what hands them to the functions of its receivers. */
  readonly channel: (graph: Graph, channel: GraphChannel, place: Place) => readonly Resource[]
  /** Those of the place where a processor's messages wait for their next try; absent where none can wait. */
  readonly retry?: (graph: Graph, processor: GraphProcessor, place: Place) => readonly Resource[]
}
