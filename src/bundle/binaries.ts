import type { Architecture } from '../topology/deployment.ts'

/** The platform of a binary: `{ os: 'linux', cpus: ['x64'], libc: 'musl' }`. */
export interface Platform {
  readonly os: 'linux' | 'darwin' | 'win32'
  readonly cpus: readonly string[]
  /** Set if it is linked with that C library. */
  readonly libc?: 'musl'
}

/** Machines by the numbers that headers have for them. Sources: elf.h, mach/machine.h, winnt.h, read 2026-11-28. */
const ELF_MACHINES: Readonly<Record<number, string>> = {
  3: 'ia32',
  20: 'ppc',
  21: 'ppc64',
  22: 's390x',
  40: 'arm',
  62: 'x64',
  183: 'arm64',
  243: 'riscv64',
  258: 'loong64',
}
const MACH_MACHINES: Readonly<Record<number, string>> = {
  7: 'ia32',
  12: 'arm',
  16777223: 'x64',
  16777228: 'arm64',
}
const PE_MACHINES: Readonly<Record<number, string>> = { 332: 'ia32', 34404: 'x64', 43620: 'arm64' }

/** A fat Mach-O file has few parts. Java classes begin with the same bytes, followed by a version. */
const MOST_FAT_PARTS = 20

/** Reads from its header what a native binary runs on. Returns undefined if the file is no binary, or is cut. */
export function platformOf(contents: Uint8Array): Platform | undefined {
  const file = Buffer.from(contents.buffer, contents.byteOffset, contents.byteLength)
  try {
    if (file.toString('latin1', 0, 4) === '\x7fELF') return elfPlatform(file)
    if (file.toString('latin1', 0, 2) === 'MZ') return pePlatform(file)
    return machPlatform(file)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

function elfPlatform(file: Buffer): Platform {
  const machine = file[5] === 2 ? file.readUInt16BE(18) : file.readUInt16LE(18)
  const isMusl = neededBy(file).some((name) => name.startsWith('libc.musl-') || name === 'libc.so')
  const cpu = ELF_MACHINES[machine] ?? `machine ${machine}`
  const is32Bit = file[4] === 1 && WIDE.has(cpu)
  return { os: 'linux', cpus: [is32Bit ? `${cpu} (32-bit)` : cpu], ...(isMusl && { libc: 'musl' }) }
}

/** Machines of 64 bits, for which files of 32 bits exist too: a process of 64 bits does not load them. */
const WIDE: ReadonlySet<string> = new Set(['x64', 'arm64', 'riscv64', 's390x', 'loong64'])

/**
 * Returns the libraries that an ELF file is linked with. A removed name stays in the table of strings, so only the entries
 * count (`DT_NEEDED` in the section `SHT_DYNAMIC`). Empty for files that no function runs: of 32 bits, or big-endian.
 * Source: elf.h, read 2026-11-28.
 */
function neededBy(file: Buffer): readonly string[] {
  if (file[4] !== 2 || file[5] !== 1) return []
  const long = (at: number) => Number(file.readBigUInt64LE(at))
  const section = (index: number) => {
    const at = long(0x28) + index * 64
    return {
      type: file.readUInt32LE(at + 4),
      start: long(at + 24),
      bytes: long(at + 32),
      link: file.readUInt32LE(at + 40),
    }
  }
  const sections = Array.from({ length: file.readUInt16LE(0x3c) }, (_, index) => section(index))
  const dynamic = sections.find(({ type }) => type === 6)
  if (dynamic === undefined) return []
  const needed: string[] = []
  const names = section(dynamic.link).start
  for (let at = dynamic.start; at < dynamic.start + dynamic.bytes; at += 16) {
    const name = names + long(at + 8)
    if (long(at) === 1) needed.push(file.toString('latin1', name, file.indexOf(0, name)))
  }
  return needed
}

function machPlatform(file: Buffer): Platform | undefined {
  const magic = file.readUInt32BE(0)
  const named = (cpu: number) => MACH_MACHINES[cpu] ?? `machine ${cpu}`
  if (magic === 0xcffaedfe || magic === 0xcefaedfe) return { os: 'darwin', cpus: [named(file.readUInt32LE(4))] }
  if (magic !== 0xcafebabe && magic !== 0xcafebabf) return undefined
  const parts = file.readUInt32BE(4)
  if (parts > MOST_FAT_PARTS) return undefined
  const bytes = magic === 0xcafebabe ? 20 : 32
  return {
    os: 'darwin',
    cpus: Array.from({ length: parts }, (_, index) => named(file.readUInt32BE(8 + index * bytes))),
  }
}

function pePlatform(file: Buffer): Platform | undefined {
  const at = file.readUInt32LE(0x3c)
  if (file.toString('latin1', at, at + 4) !== 'PE\0\0') return undefined
  const machine = file.readUInt16LE(at + 4)
  return { os: 'win32', cpus: [PE_MACHINES[machine] ?? `machine ${machine}`] }
}

/** A binary that a function cannot load. */
export interface Misfit {
  readonly path: string
  /** Undefined if the file is damaged: it is empty, cut, or no binary. */
  readonly platform: Platform | undefined
}

/** A part of a path that names a platform: such files are for one of several. */
const NAMES_PLATFORM =
  /(?:^|[^a-z])(?:darwin|macos|mac|osx|win32|windows|win|linux|linuxmusl|musl|glibc|gnu|android|freebsd|openbsd|sunos|aix|x64|x86_64|amd64|ia32|x86|arm64|aarch64|arm|armv[678]l?|riscv64|ppc64|s390x)(?:[^a-z]|$)/i

/** Folders whose files no function loads: tests of loaders have addons that are none. */
const OF_TESTS = /(?:^|\/)(?:tests?|__tests__|fixtures?|examples?)\//i

/**
 * Finds a binary of a package that functions need and cannot load. A package may contain the same addon for several
 * platforms, in paths that name them: one that fits is enough. An addon whose path names no platform must fit by
 * itself. A damaged addon does not fit. The same applies to shared libraries beside addons, by their extensions.
 */
export function misfitIn(files: ReadonlyMap<string, Uint8Array>, architecture: Architecture): Misfit | undefined {
  const addons = binariesIn(files, /\.node$/).filter(
    ({ path, platform }) => platform !== undefined || !OF_TESTS.test(path),
  )
  const folders = new Set(addons.map(({ path }) => path.slice(0, path.lastIndexOf('/') + 1)))
  const libraries = binariesIn(files, /\.(?:so(?:\.\d+)*|dylib|dll)$/).filter(
    ({ path, platform }) => platform !== undefined && folders.has(path.slice(0, path.lastIndexOf('/') + 1)),
  )
  return misfitAmong(addons, architecture) ?? misfitAmong(libraries.filter(isAlone), architecture)

  function isAlone({ platform }: Misfit): boolean {
    return platform?.os === 'linux' || !libraries.some((other) => other.platform?.os === 'linux')
  }
}

function misfitAmong(binaries: readonly Misfit[], architecture: Architecture): Misfit | undefined {
  const misfits = binaries.filter(({ platform }) => !fits(platform, architecture))
  const isOneOfSeveral = ({ path }: Misfit) => NAMES_PLATFORM.test(path)
  return misfits.find((one) => !isOneOfSeveral(one)) ?? (misfits.length === binaries.length ? misfits[0] : undefined)
}

function binariesIn(files: ReadonlyMap<string, Uint8Array>, ending: RegExp): readonly Misfit[] {
  return [...files].flatMap(([path, contents]) => (ending.test(path) ? [{ path, platform: platformOf(contents) }] : []))
}

function fits(platform: Platform | undefined, architecture: Architecture): boolean {
  return platform?.os === 'linux' && platform.cpus.includes(architecture) && platform.libc === undefined
}
