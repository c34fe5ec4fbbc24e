import type { Format } from '../content.ts'

/** Settings of a source of the type `stdin`: each line of the standard input is an event. */
export interface StdinSettings {
  /** `json`: a line is JSON; what is no JSON is a text. `text`: each line is a text. Default `json`. */
  readonly format?: Format
  /** The most bytes of a line. A longer one is left out, with a warning. Default 1 MiB. */
  readonly maxBytes?: number
}

declare module '../../topology/source.ts' {
  interface SourceTypes {
    readonly stdin: StdinSettings
  }
}
