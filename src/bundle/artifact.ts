import type { ArtifactFiles } from './zip.ts'

/**
 * What one or several functions run: a zip with everything in it. Its bytes follow from the sources alone: not from the
 * folder they lie in, the time, the machine, or what else the topology holds.
 */
export interface Artifact {
  /**
   * SHA-256 in base64 of its files with their paths: the same on every machine, whatever its Node compresses with. The source
   * map counts only where the processor has a file of its own.
   */
  readonly hash: string
  /** SHA-256 of the zip in base64: what Lambda tells as a function's `CodeSha256`. The same on Nodes that compress alike. */
  readonly zipHash: string
  /** What Lambda is to call: `index.handler`. */
  readonly handler: string
  /** The processors that run it; {@link PROCESSOR_VARIABLE} tells a function which one it is. */
  readonly processors: readonly string[]
  readonly zipBytes: number
  readonly unzippedBytes: number
  /** What its bytes come from, the biggest first. */
  readonly sizes: readonly SizedPart[]
  /** What the zip holds. */
  readonly files: ArtifactFiles
  zip(): Promise<Uint8Array>
}

/** A part of an artifact: `{ part: 'zod', bytes: 61204 }`. */
export interface SizedPart {
  /**
   * The path of a source or of an included file, relative to the topology's folder; a package's name; `source map`; or
   * `attak` for what runs around handlers.
   */
  readonly part: string
  /** Unzipped. */
  readonly bytes: number
}

/** Names the environment variable that tells a function which processor it is. */
export const PROCESSOR_VARIABLE = 'ATTAK_PROCESSOR'

/**
 * Names the environment variable that tells a function the hash of its artifact, for what is recorded of it. While a deploy
 * changes the code, it tells of the one before for a second or so.
 */
export const ARTIFACT_VARIABLE = 'ATTAK_ARTIFACT'

/** What every function's environment holds for its artifact's sake: stacks then tell lines of the sources. */
export const ARTIFACT_ENVIRONMENT = Object.freeze({ NODE_OPTIONS: '--enable-source-maps' })
