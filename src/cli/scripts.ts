import { closeSync, fsyncSync, openSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Script } from 'node:vm'

/** What a script exports. */
export type Exports = Readonly<Record<string, unknown>>

/** The scripts of one folder, each run once. */
export interface Scripts {
  /** Gives what the script `name` exports. */
  load(name: string): Exports
  /**
   * Keeps what V8 has compiled of those scripts for which nothing was kept so far. To be called at the end, for it to hold all
   * that was called. Where the folder cannot be written, nothing is kept.
   */
  keep(): void
}

/** What a script is, as the build writes it: a function's text behind a comment, which holds a digest of it. */
type Wrapped = (require: (id: string) => unknown, load: (address: string) => Promise<unknown>, url: string) => Exports

interface Compiled {
  readonly script: Script
  readonly file: string
  /** V8's version and flags when it was compiled. */
  readonly tag: number
}

/**
 * Opens a folder of scripts. Half of what a short command takes beyond `node -e 0` is V8 compiling our code (row B1), so what
 * it made of it is kept beside the scripts, and handed to it by the next process: `simulate-<digest>-<Node>.compiled`. The name
 * holds a digest of the source, which V8 does not compare; what another V8 or other flags have made it refuses. Whoever can
 * write such a file could as well write the script. What is no script is required by `require`: to make one of its own, as
 * much of Node would be loaded as `--help` does without.
 */
export function openScripts(
  folder: string,
  require: NodeJS.Require,
  { version, arch, pid }: Pick<NodeJS.Process, 'version' | 'arch' | 'pid'>,
): Scripts {
  const loaded = new Map<string, Exports>()
  const compiled: Compiled[] = []

  function load(name: string): Exports {
    const exports = loaded.get(name) ?? run(name)
    loaded.set(name, exports)
    return exports
  }

  function run(name: string): Exports {
    const path = join(folder, `${name}.cjs`)
    const url = pathToFileURL(path).href
    // ASCII, which V8 keeps in a byte a character.
    const source = readFileSync(path, 'latin1')
    const file = join(folder, `${name}-${digestIn(source)}-${version}-${arch}.compiled`)
    const kept = readKept(file)
    const script = new Script(source, { filename: url, ...(kept && { cachedData: kept }) })
    if (script.cachedDataRejected !== false) compiled.push({ script, file, tag: tagOfV8() })
    const wrapped: Wrapped = script.runInThisContext()
    return wrapped(requireFor, importFor, url)
  }

  const requireFor = (id: string): unknown => {
    const name = scriptIn(id)
    return name === undefined ? require(id) : load(name)
  }
  const importFor = async (address: string): Promise<unknown> => {
    const name = scriptIn(address)
    if (name !== undefined) return load(name)
    // Imported, it would get a module around it, which loads even what Node loads only when it is used.
    if (address.startsWith('node:')) return require(address)
    return import(address.startsWith('./') ? pathToFileURL(join(folder, address)).href : address)
  }

  /** Asked only where something was compiled, since that loads a module of Node. */
  function tagOfV8(): number {
    const v8: typeof import('node:v8') = require('node:v8')
    return v8.cachedDataVersionTag()
  }

  opened = {
    load,
    keep() {
      for (const { script, file, tag } of compiled) {
        // Flags that were changed since would make V8 refuse it, each time.
        if (tag === tagOfV8()) writeWhole(file, `${file}-${pid}`, () => twice(script.createCachedData()))
      }
    },
  }
  return opened
}

let opened: Scripts | undefined

/** Gives the scripts that this process has opened: for modules that need what scripts export. */
export function running(): Scripts {
  if (opened === undefined) throw new Error('no scripts were opened')
  return opened
}

/** The name in `./simulate.cjs`, which is how scripts ask for each other. */
function scriptIn(address: string): string | undefined {
  return /^\.\/([\w-]+)\.cjs$/.exec(address)?.[1]
}

/** A script begins with `/*6b86b273ff34fce1*\/`. */
function digestIn(source: string): string {
  return source.slice(2, 18)
}

/**
 * V8 takes what a disk has damaged without looking, and may crash of it later. So compiled code is kept twice, and taken when
 * both are equal: to compare them takes a tenth of a millisecond, a digest several.
 */
function readKept(file: string): Buffer | undefined {
  let twice: Buffer
  try {
    twice = readFileSync(file)
  } catch {
    return undefined
  }
  const once = twice.subarray(0, twice.length / 2)
  return once.equals(twice.subarray(once.length)) ? once : undefined
}

function twice(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, bytes])
}

/** Others find all of it or nothing, also after a crash of the machine. Where that cannot be, it is left. */
function writeWhole(file: string, unfinished: string, contents: () => Buffer): void {
  try {
    const descriptor = openSync(unfinished, 'w')
    try {
      writeFileSync(descriptor, contents())
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
    renameSync(unfinished, file)
  } catch {
    remove(unfinished)
  }
}

function remove(file: string): void {
  try {
    unlinkSync(file)
  } catch {
    // It is not there, or not ours: neither is trouble for the command that ends here.
  }
}
