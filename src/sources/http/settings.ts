/** Settings of a source of the type `http`. */
export interface HttpSettings {
  /** The path of its requests, from the first `/`: `/orders/:id` has a parameter, `/files/*` takes all below. */
  readonly path: string
  /** The methods that it takes; `ANY` takes all. Default `POST`. */
  readonly method?: string | readonly string[]
  /** The port that it listens on; 0 is one that the system chooses. Default 3000. Sources with the same port share it. */
  readonly port?: number
  /** The address that it listens on: `0.0.0.0` for requests from other machines. Default `127.0.0.1`. */
  readonly host?: string
  /**
   * When a request is answered. `result`: with what the handler settles with. `accepted`: at once, with 202. `done`: when the event
   * and all that it caused is done. `guthega`: like `result`, but the event is the JSON of the body, and answers are those of guthega.
   * Default `result`.
   */
  readonly reply?: 'result' | 'accepted' | 'done' | 'guthega'
  /** The pages whose scripts may call it: `true` for all, or their origins. Default: none of another origin. */
  readonly cors?: boolean | readonly string[]
  /** The most bytes of a body. Default 1 MiB. */
  readonly maxBytes?: number
}

declare module '../../topology/source.ts' {
  interface SourceTypes {
    readonly http: HttpSettings
  }
}
