import { statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { BuildFailure, Message } from 'esbuild'
import { withoutFaultsOfAwait } from '../code/await.ts'
import { discover, INDEX } from '../code/discover.ts'
import { layOut } from '../code/layout.ts'
import { REQUIRE_FILE, REQUIRE_TEXT } from '../code/require.ts'
import type { LaidModule, LayoutOptions } from '../code/write.ts'
import { errorOfSystem } from '../errors.ts'
import { type Inputs, openInputs } from './inputs.ts'
import { type Lookups, lookupsOf, manifestsOf } from './lookups.ts'
import { closedPackages, packagesOutside } from './packages.ts'

/** One thing a build stumbled over. */
export interface BuildFault {
  readonly text: string
  /** Absolute; absent when the fault is in no file. */
  readonly file?: string
  /** From 1. */
  readonly line?: number
  /** From 1. */
  readonly column?: number
}

/** The result of compiling modules. */
export type Compiled =
  | {
      readonly kind: 'compiled'
      /** Files to write, absolute. */
      readonly outputs: readonly { readonly path: string; readonly contents: Uint8Array }[]
      /** Each entry to its output, relative to the folder of outputs. */
      readonly entries: ReadonlyMap<string, string>
      readonly inputs: Inputs
      readonly lookups: Lookups
    }
  | { readonly kind: 'failed'; readonly faults: readonly BuildFault[]; readonly inputs: Inputs }

/**
 * Compiles local modules for this process, each to a separate file. So what they share stays one instance, modules stay
 * modules, and CommonJS stays CommonJS. Packages are not compiled. `import.meta.url`, `__dirname` and the like keep the
 * place of the source. The outputs only work in `outFolder`.
 */
export async function compile(entries: readonly string[], outFolder: string): Promise<Compiled> {
  const reader = await openInputs(entries, statSync(outFolder).mtimeMs)
  const dir = dirname(entries[0]!)
  const contents = new Map<string, Uint8Array>()
  const read = (file: string) => {
    const known = contents.get(file) ?? reader.read(file)
    contents.set(file, known)
    return known
  }
  try {
    const discovered = await discover({ entries, dir, read, link: packagesOutside(dir, outFolder) })
    const { links } = discovered
    for (const manifest of manifestsOf(discovered)) reader.note(manifest)
    const found = [...links.values()].flatMap((own) => [...own.values()])
    const data = found.flatMap((link) => (link.to === 'local' ? [link.file] : []))
    const files = [...new Set([...links.keys(), ...data])].filter((file) => file !== join(dir, INDEX))
    const options: LayoutOptions = { dir, target: 'node20.19', read, reserved: [REQUIRE_FILE], placeOf: sourcePlace }
    const laid = await layOut(files, discovered, options)
    const closed = closedPackages(discovered, dir, outFolder)
    const outputs = [...laid].flatMap(([file, module]) => outputsOf(file, module))
    return {
      kind: 'compiled',
      outputs: [{ at: REQUIRE_FILE, text: REQUIRE_TEXT }, ...closed, ...outputs].map(({ at, text }) => ({
        path: join(outFolder, at),
        contents: Buffer.from(text),
      })),
      entries: new Map(entries.map((file) => [file, laid.get(file)!.at])),
      inputs: reader.inputs(),
      lookups: lookupsOf(discovered),
    }
  } catch (error) {
    if (!isBuildFailure(error)) throw error
    const refused = error.errors.find(({ detail }) => errorOfSystem(detail) !== undefined)
    if (refused !== undefined) throw refused.detail
    return {
      kind: 'failed',
      faults: withoutFaultsOfAwait(error.errors).map((message) => faultOf(message, dir)),
      inputs: reader.inputs(),
    }
  }
}

function outputsOf(file: string, { at, text, map, beside }: LaidModule): { at: string; text: string }[] {
  if (map === undefined) return [{ at, text }, ...beside]
  const absolute = JSON.stringify({ ...JSON.parse(map), sources: [pathToFileURL(file).href] })
  const inline = `//# ${'sourceMappingURL'}=data:application/json;base64,${Buffer.from(absolute).toString('base64')}\n`
  return [{ at, text: text + inline }, ...beside]
}

/** Outputs lie elsewhere than their sources, whatever their names are. */
function sourcePlace(file: string) {
  return {
    url: JSON.stringify(pathToFileURL(file).href),
    filename: JSON.stringify(file),
    dirname: JSON.stringify(dirname(file)),
  }
}

function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && 'errors' in error && Array.isArray(error.errors)
}

function faultOf({ text, location }: Message, folder: string): BuildFault {
  if (location === null) return { text }
  return { text, file: join(folder, location.file), line: location.line, column: location.column + 1 }
}
