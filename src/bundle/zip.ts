/** A file of an artifact. */
export interface ArtifactFile {
  readonly contents: Uint8Array
  /** It may be run as a program. */
  readonly executable: boolean
}

/** The first moment that a zip can hold: it has nothing to do with the files. */
const DATE = new Date('1980-01-01T00:00:00Z')

/**
 * Zips files (by path) so that the same files give the same bytes: sorted by path, one date, one of two modes. Node's own
 * zlib compresses: its builds differ between some Nodes, so what is to be equal everywhere is taken of the files instead.
 */
export async function zipFiles(files: ReadonlyMap<string, ArtifactFile>): Promise<Uint8Array> {
  const { ZipArchive } = await import('archiver')
  const archive = new ZipArchive({ zlib: { level: 9 } })
  const blocks: Uint8Array[] = []
  archive.on('data', (block: Uint8Array) => blocks.push(block))
  const ended = new Promise<void>((resolve, reject) => archive.on('end', resolve).on('error', reject))
  for (const path of [...files.keys()].sort()) {
    const { contents, executable } = files.get(path)!
    archive.append(Buffer.from(contents.buffer, contents.byteOffset, contents.byteLength), {
      name: path,
      date: DATE,
      mode: executable ? 0o755 : 0o644,
    })
  }
  await archive.finalize()
  await ended
  return Buffer.concat(blocks)
}
