import type { Format } from '../content.ts'

/** Settings of a source of the type `amqp`: each message of a queue of RabbitMQ is an event. */
export interface AmqpSettings {
  /** The server, with `${NAME}` for environment variables: `${AMQP_URL}`. Default `amqp://127.0.0.1:5672`. */
  readonly url?: string
  readonly queue: string
  /** Makes the queue, durable and of this type, if it is not there. Default: the queue must be there. */
  readonly declare?: 'classic' | 'quorum'
  /** An exchange that the queue is bound to. */
  readonly exchange?: string
  /** The routing keys of that binding. Default: one that is empty. */
  readonly routingKeys?: string | readonly string[]
  /** The most messages that are open at once. Default 100. */
  readonly prefetch?: number
  /** How bytes become data. Default `text` if the content type of a message is text, otherwise `json`. */
  readonly format?: Format
}

declare module '../../topology/source.ts' {
  interface SourceTypes {
    readonly amqp: AmqpSettings
  }
}
