import { createHash } from 'node:crypto'
import type { Artifact, SizedPart } from './artifact.ts'
import { type ArtifactFiles, zipAll } from './zip.ts'

/** The function that Lambda calls in every artifact. */
const HANDLER = 'index.handler'

/** The parts of an artifact. */
export interface ArtifactParts {
  readonly processors: readonly string[]
  readonly files: ArtifactFiles
  /** The parts of the files' bytes. */
  readonly sizes: readonly SizedPart[]
}

/** Makes artifacts, in the order given. */
export async function packArtifacts(parts: readonly ArtifactParts[]): Promise<readonly Artifact[]> {
  const zipped = await zipAll(parts.map(({ files }) => files))
  return parts.map(({ processors, files, sizes }, index) => {
    const { zip, hash } = zipped[index]!
    return Object.freeze({
      hash,
      zipHash: createHash('sha256').update(zip).digest('base64'),
      handler: HANDLER,
      files,
      processors,
      zipBytes: zip.byteLength,
      unzippedBytes: [...files.values()].reduce((sum, { contents }) => sum + contents.byteLength, 0),
      sizes: sizes.toSorted((a, b) => b.bytes - a.bytes || (a.part < b.part ? -1 : 1)),
      zip: () => Promise.resolve(zip),
    })
  })
}
