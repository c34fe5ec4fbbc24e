import { createHash } from 'node:crypto'

/** A file of an artifact. Equal files may share their contents, which are then read once. */
export interface ArtifactFile {
  readonly contents: Uint8Array
  /** It may be run as a program. */
  readonly executable: boolean
  /** Whether the hash of an artifact leaves it out: a change of this file alone is no reason to deploy. */
  readonly unhashed?: boolean
}

/** Files by their paths. */
export type ArtifactFiles = ReadonlyMap<string, ArtifactFile>

/** A zip, and its hash: SHA-256 in base64 of its hashed files and their paths, independent of compression. */
export interface Zipped {
  readonly zip: Uint8Array
  readonly hash: string
}

/** The first moment that a zip can hold: it has nothing to do with the files. */
const DATE = new Date('1980-01-01T00:00:00Z')
const ARCHIVES = 4

/**
 * Zips several sets of files so that the same files produce the same bytes: sorted by path, one date, one of two modes.
 * Files in several sets are compressed once. Node's zlib compresses them. Its builds differ between some Node versions,
 * so only the hash of the files is equal everywhere.
 */
export async function zipAll(sets: readonly ArtifactFiles[]): Promise<readonly Zipped[]> {
  const digests = new Map<Uint8Array, string>()
  const digestOf = (contents: Uint8Array) => {
    const digest = digests.get(contents) ?? createHash('sha256').update(contents).digest('base64')
    digests.set(contents, digest)
    return digest
  }
  const listed = sets.map((files) =>
    [...files]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([path, file]) => {
        return { path, file, key: JSON.stringify([path, file.executable, digestOf(file.contents)]) }
      }),
  )
  const entries = await compress(new Map(listed.flat().map((one) => [one.key, one])))
  return listed.map((files) => ({
    zip: join(files.map(({ key }) => entries.get(key)!)),
    hash: createHash('sha256')
      .update(
        files
          .filter(({ file }) => !file.unhashed)
          .map(({ key }) => key)
          .join('\n'),
      )
      .digest('base64'),
  }))
}

interface Listed {
  readonly path: string
  readonly file: ArtifactFile
  readonly key: string
}

/** A file in a zip: its header with the compressed data, and its entry in the zip's directory. */
interface Entry {
  readonly local: Buffer
  readonly central: Buffer
}

async function compress(files: ReadonlyMap<string, Listed>): Promise<ReadonlyMap<string, Entry>> {
  const all = [...files.values()]
  const shares = Array.from({ length: ARCHIVES }, (_, share) => all.filter((_, index) => index % ARCHIVES === share))
  const archives = await Promise.all(shares.map(archive))
  return new Map(
    shares.flatMap((share, index) => {
      const entries = entriesIn(archives[index]!)
      return share.map(({ key }, at) => [key, entries[at]!] as const)
    }),
  )
}

async function archive(files: readonly Listed[]): Promise<Buffer> {
  const { ZipArchive } = await import('archiver')
  const archive = new ZipArchive({ zlib: { level: 9 } })
  const blocks: Uint8Array[] = []
  archive.on('data', (block: Uint8Array) => blocks.push(block))
  const ended = new Promise<void>((resolve, reject) => archive.on('end', resolve).on('error', reject))
  for (const {
    path,
    file: { contents, executable },
  } of files) {
    const data = Buffer.from(contents.buffer, contents.byteOffset, contents.byteLength)
    archive.append(data, { name: path, date: DATE, mode: executable ? 0o755 : 0o644 })
  }
  await archive.finalize()
  await ended
  return Buffer.concat(blocks)
}

// Source: PKWARE's APPNOTE.TXT 6.3.10, sections 4.3.12 (central directory) and 4.3.16 (its end), read 2026-11-21.
const END_BYTES = 22
const CENTRAL_BYTES = 46
const OFFSET_AT = 42

/** The entries of a zip without a comment, in order. */
function entriesIn(zip: Buffer): readonly Entry[] {
  const end = zip.length - END_BYTES
  const directory = zip.readUInt32LE(end + 16)
  const found: { readonly from: number; readonly central: Buffer }[] = []
  for (let at = directory; at < end; ) {
    const bytes = CENTRAL_BYTES + [28, 30, 32].reduce((sum, field) => sum + zip.readUInt16LE(at + field), 0)
    found.push({ from: zip.readUInt32LE(at + OFFSET_AT), central: zip.subarray(at, at + bytes) })
    at += bytes
  }
  return found.map(({ from, central }, index) => {
    return { local: zip.subarray(from, found[index + 1]?.from ?? directory), central }
  })
}

/** Joins entries to a zip. They stay unchanged, except for their offsets in the directory. */
function join(entries: readonly Entry[]): Uint8Array {
  let offset = 0
  const directory = entries.map(({ local, central }) => {
    const moved = Buffer.from(central)
    moved.writeUInt32LE(offset, OFFSET_AT)
    offset += local.length
    return moved
  })
  const end = Buffer.alloc(END_BYTES)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(entries.length, 8)
  end.writeUInt16LE(entries.length, 10)
  end.writeUInt32LE(
    directory.reduce((sum, { length }) => sum + length, 0),
    12,
  )
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...entries.map(({ local }) => local), ...directory, end])
}
