import { realpathSync, statSync } from 'node:fs'
import { extname } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { textOf } from './beside.ts'
import { type Asked, type Find, type Link, type LinkTo, linkKey, mayResolve } from './link.ts'
import { namesIn, type Resolver, resolverOf } from './resolvers.ts'
import { parseCode, walk } from './tree.ts'

/** A call of `require.resolve` or `import.meta.resolve`. */
export interface Resolving {
  readonly by: Resolver
  /** Undefined if it is known only at run time. */
  readonly specifier: string | undefined
  /** Its text, as the code has it. */
  readonly written: string
  /** The offset of the call. */
  readonly at: number
}

/** Finds the calls in JavaScript that ask where a file is. A path that is made of the module's location is none of them. */
export function resolvingsIn(text: string, file: string): readonly Resolving[] {
  const program = mayResolve(text) ? parseCode(text) : undefined
  if (program === undefined) return []
  const names = namesIn(program)
  const found: Resolving[] = []
  walk(program, (node) => {
    const by = node.type === 'CallExpression' ? resolverOf(node.callee, names) : undefined
    if (by === undefined || node.type !== 'CallExpression' || node.arguments.length === 0) return true
    const [argument] = node.arguments
    const known = textOf(argument, { file }, names)
    const written = text.slice(argument!.start, argument!.end)
    if (!known?.placed) found.push({ by, specifier: known?.text, written, at: node.start })
    return true
  })
  return found
}

/**
 * Returns the links, by their keys, of files that a source asks for and does not load. Of files that hold neither code nor
 * JSON there are none: warnings name them.
 */
export async function linksResolved(
  file: string,
  source: string,
  { find, link }: { readonly find: Find; readonly link: LinkTo },
): Promise<readonly (readonly [key: string, link: Link])[]> {
  const found: [string, Link][] = []
  for (const { by, specifier } of await resolvingsInSource(source, file)) {
    if (specifier === undefined) continue
    const asked: Asked = { specifier, asking: by === 'require.resolve' ? 'require' : 'import', importer: file }
    const target = by === 'require.resolve' || !isPath(specifier) ? await find(asked) : fileAt(specifier, file)
    const meant = await link(asked, target, find)
    if (meant?.to === 'nothing' || (meant === undefined && isPath(specifier) && asked.asking === 'import')) continue
    // For a missing file, the place where it would be is noted.
    const noted = meant ?? ({ to: 'stays', specifier } as const)
    found.push([linkKey(specifier, by), noted.to === 'local' ? { ...noted, isComputed: true } : noted])
  }
  return found
}

function isPath(specifier: string): boolean {
  return /^\.{0,2}\//.test(specifier)
}

/** The file that a URL leads to, which is relative to a module's. */
function fileAt(specifier: string, importer: string): string | undefined {
  const path = fileURLToPath(new URL(specifier, pathToFileURL(importer)))
  return statSync(path, { throwIfNoEntry: false })?.isFile() ? realpathSync(path) : undefined
}

async function resolvingsInSource(source: string, file: string): Promise<readonly Resolving[]> {
  const loader = /^\.[cm]?(tsx?)$/.exec(extname(file))?.[1] ?? 'jsx'
  try {
    const { transform } = await import('esbuild')
    const { code } = await transform(source, { loader: loader as 'ts' | 'tsx' | 'jsx', target: 'esnext' })
    return resolvingsIn(code, file)
  } catch {
    // The build that follows reports what is wrong in it.
    return []
  }
}
