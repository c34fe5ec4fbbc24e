import { createHash } from 'node:crypto'
import type { Artifact, SizedPart } from './artifact.ts'
import { type ArtifactFile, zipFiles } from './zip.ts'

/** What Lambda calls in every artifact. */
const HANDLER = 'index.handler'

/** Makes an artifact of its files, by their paths. */
export async function packArtifact(
  processors: readonly string[],
  files: ReadonlyMap<string, ArtifactFile>,
  sizes: readonly SizedPart[],
): Promise<Artifact> {
  const zip = await zipFiles(files)
  return Object.freeze({
    hash: hashOf(files),
    zipHash: createHash('sha256').update(zip).digest('base64'),
    handler: HANDLER,
    processors,
    zipBytes: zip.byteLength,
    unzippedBytes: [...files.values()].reduce((sum, { contents }) => sum + contents.byteLength, 0),
    sizes: sizes.toSorted((a, b) => b.bytes - a.bytes || (a.part < b.part ? -1 : 1)),
    zip: () => Promise.resolve(zip),
  })
}

function hashOf(files: ReadonlyMap<string, ArtifactFile>): string {
  const hash = createHash('sha256')
  for (const path of [...files.keys()].sort()) {
    const { contents, executable } = files.get(path)!
    hash.update(JSON.stringify([path, executable, contents.byteLength])).update(contents)
  }
  return hash.digest('base64')
}
