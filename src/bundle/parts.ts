import { readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { layOut } from '../code/layout.ts'
import { type Link, linkKey } from '../code/link.ts'
import { ALL } from '../code/names.ts'
import { CODE } from '../code/places.ts'
import { transpile } from '../code/transpile.ts'
import { asUrl, type LaidFile, type LayoutOptions } from '../code/write.ts'
import { type Declared, openExports } from './barrels.ts'
import type { KnownProject } from './reach.ts'
import { topologyPart } from './topology-part.ts'

/** Lays out the topology's module for each processor that is a part of it. */
export interface Parts {
  /** Returns the project in which the topology's module has no more than one processor needs. */
  projectFor<Project extends KnownProject>(project: Project, processor: string): Promise<Project>
}

/** The arguments for making parts. */
export interface PartsOptions {
  /** The topology's module, absolute. */
  readonly file: string
  /** All processors, in the order of the topology. */
  readonly names: readonly string[]
  readonly layout: LayoutOptions
}

/** Opens what makes parts of the topology's module. It stays whole where it cannot be taken apart: see {@link topologyPart}. */
export async function openParts({ file, names, layout }: PartsOptions, all: KnownProject): Promise<Parts> {
  const { links } = all.discovered
  const isImported = [...links.values()].some((own) =>
    [...own.values()].some((link) => link.to === 'local' && link.file === file),
  )
  // Users' code imports it, and may read all of it.
  if (isImported || !CODE.test(file)) return { projectFor: async (project) => project }
  const made = (await transpile([file], { ...layout, read: readFileSync, minifyWhitespace: true })).get(file)!
  const exports = openExports(all.laid)
  const own = links.get(file) ?? new Map<string, Link>()

  const fileOf = (specifier: string) => {
    const link = own.get(linkKey(specifier, 'import'))
    return link?.to === 'local' ? link.file : undefined
  }
  const declaredIn = (specifier: string, name: string) => {
    const from = fileOf(specifier)
    return from === undefined ? undefined : exports.declaredIn(from, name)
  }

  async function projectFor<Project extends KnownProject>(project: Project, processor: string): Promise<Project> {
    const part = topologyPart(made.text, {
      processor,
      names,
      exportsOf(specifier) {
        const from = fileOf(specifier)
        return from === undefined ? undefined : exports.namesOf(from)
      },
      mayUseThis(specifier, name) {
        const declared = declaredIn(specifier, name)
        return declared === undefined || exports.mayUseThis(declared)
      },
    })
    if (part === undefined) return project
    const left = new Map([...own].filter(([key, link]) => isLeft(part.code, key, link)))
    const { at } = project.laid.get(file)!
    const beside = [...part.imports].flatMap(([specifier, imported]): LaidFile[] => {
      const declared = [...imported].map(
        (name) => [name, name === ALL ? undefined : declaredIn(specifier, name)] as const,
      )
      const isThrough = declared.some(([, found]) => found?.file !== fileOf(specifier))
      if (!isThrough || declared.some(([, found]) => found === undefined)) return []
      if (part.code.split(specifier).length !== 2) return []
      const name = `${at}.${left.size}.mjs`
      left.set(linkKey(specifier, 'import'), { to: 'stays', specifier: `./${asUrl(posix.basename(name))}` })
      for (const [, found] of declared) left.set(`${found!.file}`, { to: 'local', file: found!.file })
      return [{ at: name, text: declared.map(([as, found]) => exportOf(as, found!, at, project)).join('') }]
    })
    const discovered = { ...all.discovered, links: new Map([...links, [file, left]]) }
    const contents = withSourceMap(part.code, made.map)
    const options = { ...layout, read: () => contents, javascript: file, known: project.laid }
    const module = (await layOut([file], discovered, options)).get(file)!
    const laid = new Map([...project.laid, [file, { ...module, beside: [...module.beside, ...beside] }]])
    return { ...project, discovered, laid }
  }
  return { projectFor }
}

/** The comment is joined, so that no tool takes it for the comment of this file. */
function withSourceMap(code: string, map: string): Buffer {
  const url = `data:application/json;base64,${Buffer.from(map).toString('base64')}`
  return Buffer.from(code + ['\n//#', `sourceMappingURL=${url}`].join(' '))
}

/** Whether code may still ask for what a link is of. */
function isLeft(code: string, key: string, link: Link): boolean {
  const specifier = key.slice(key.indexOf(' ') + 1)
  const isWrittenAsItIs = /^[\x20-\x7e]*$/.test(specifier) && !/["'`\\$]/.test(specifier)
  return (link.to === 'local' && link.isComputed === true) || !isWrittenAsItIs || code.includes(specifier)
}

function exportOf(as: string, { file, name }: Declared, at: string, { laid }: KnownProject): string {
  const target = posix.relative(posix.dirname(at), laid.get(file)!.at).replace(/^(?!\.\.?\/)/, './')
  return `export { ${name} as ${as} } from ${JSON.stringify(asUrl(target))}\n`
}
