import type { ArtifactFiles } from './zip.ts'

/**
 * What one or several functions run: a zip with everything in it. Its bytes follow from the sources alone: not from the
 * folder they lie in, the time, the machine, or what else the topology holds.
 */
export interface Artifact {
  /**
   * SHA-256 in base64 of its files with their paths. It is the same on every machine, because it does not depend on
   * compression. The source map counts only if the processor has a separate file.
   */
  readonly hash: string
  /**
   * SHA-256 of the zip in base64: a function's `CodeSha256` in Lambda. Node versions with the same compression produce
   * the same hash.
   */
  readonly zipHash: string
  /** The function that Lambda calls: `index.handler`. */
  readonly handler: string
  /** The processors that run it; a function reads its processor's name from {@link PROCESSOR_VARIABLE}. */
  readonly processors: readonly string[]
  readonly zipBytes: number
  readonly unzippedBytes: number
  /** The parts of its bytes, the biggest first. */
  readonly sizes: readonly SizedPart[]
  /** The files in the zip. */
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

/** The environment variable with the name of a function's processor. */
export const PROCESSOR_VARIABLE = 'ATTAK_PROCESSOR'

/**
 * The environment variable with the hash of a function's artifact, for its error records. While a deploy changes the
 * code, it holds the previous hash for about a second.
 */
export const ARTIFACT_VARIABLE = 'ATTAK_ARTIFACT'

/** What an artifact needs in every function's environment: stacks then show lines of the sources. */
export const ARTIFACT_ENVIRONMENT = Object.freeze({ NODE_OPTIONS: '--enable-source-maps' })
