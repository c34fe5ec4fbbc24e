import type { Format } from '../content.ts'

/** Settings of a source of the type `file`: each line that is added to a file is an event. */
export interface FileSettings {
  /** The file, relative to the topology's project. It need not exist yet. */
  readonly path: string
  /** `json`: a line is JSON; what is no JSON is a text. `text`: each line is a text. Default `json`. */
  readonly format?: Format
  /** Where the first start begins; a later one goes on where the last ended. Default `start`. */
  readonly from?: 'start' | 'end'
  /** The most bytes of a line. A longer one is left out, with a warning. Default 1 MiB. */
  readonly maxBytes?: number
}

declare module '../../topology/source.ts' {
  interface SourceTypes {
    readonly file: FileSettings
  }
}
