/**
 * What one or several functions run: a zip with everything in it. Its bytes follow from the sources alone: not from the
 * folder they lie in, the time, the machine, or what else the topology holds.
 */
export interface Artifact {
  /** SHA-256 of the zip in base64, which is what Lambda tells as a function's `CodeSha256`. */
  readonly hash: string
  /** What Lambda is to call: `index.handler`. */
  readonly handler: string
  /** The processors whose code it holds. A function of a shared artifact is told by {@link PROCESSOR_VARIABLE} which it is. */
  readonly processors: readonly string[]
  readonly zipBytes: number
  readonly unzippedBytes: number
  /** What its bytes come from, the biggest first: sources and packages of a module, files of the zip beside it. */
  readonly sizes: readonly SizedPart[]
  zip(): Promise<Uint8Array>
}

/** A part of an artifact: `{ part: 'zod', bytes: 61204 }`. */
export interface SizedPart {
  /** A source's path relative to the topology's folder, a package's name, or `attak` for what runs around handlers. */
  readonly part: string
  /** Unzipped. */
  readonly bytes: number
}

/** Names the environment variable that tells a function which processor it is. */
export const PROCESSOR_VARIABLE = 'ATTAK_PROCESSOR'

/** What every function's environment holds for its artifact's sake: stacks then tell lines of the sources. */
export const ARTIFACT_ENVIRONMENT = Object.freeze({ NODE_OPTIONS: '--enable-source-maps' })
