import { basename, dirname, isAbsolute, join, normalize, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { AnyNode } from 'acorn'
import { CODE } from './places.ts'
import { type KnownNames, namesIn, resolverOf } from './resolvers.ts'
import { calledName, parseCode, propertyName, walk } from './tree.ts'

/** A path that code names. */
export interface NamedPath {
  /** Absolute. */
  readonly path: string
  /** A text in the code that stands for it: its last string. */
  readonly said: string
  /** Where its expression begins. */
  readonly at: number
}

/** Where code is when it runs. */
export interface CodePlace {
  /** The module, absolute. */
  readonly file: string
  /** The folder that it is run in. Absent: paths relative to that folder are not reported. */
  readonly cwd?: string
}

const PLACED = /\brequire\s*\.\s*resolve\b|\b__dirname\b|\b__filename\b|\bimport\s*\.\s*meta\b|\battakMeta\b|\.wasm\b/

/**
 * Finds the paths that JavaScript builds from its location (`import.meta.url`, `import.meta.dirname`, `__dirname`) or
 * passes to functions that read files. Finds only paths that are known without running the code, whether they exist or
 * not. Of alternatives (`process.env.DATA || 'data'`) the known one counts. The name of a WebAssembly file alone
 * counts, too: compilers write modules that find their location as they run, and load the file beside themselves.
 */
export function pathsIn(text: string, place: CodePlace): readonly NamedPath[] {
  if (!PLACED.test(text) && (place.cwd === undefined || !READS_TEXT.test(text))) return []
  const program = parseCode(text)
  if (program === undefined) return []
  const known = knownIn(place, namesIn(program))
  const found: NamedPath[] = []
  walk(program, (node) => {
    // A constant's value is reported where it is declared.
    if (node.type === 'Identifier') return false
    const value = evaluated(node, known) ?? readBy(node, known)
    const path = value?.placed ? pathOf(value.text) : wasmBeside(node, known)
    if (path !== undefined) found.push({ path, said: lastString(node), at: node.start })
    return path === undefined
  })
  return found
}

/** What is known where a value is computed. */
interface Known extends CodePlace {
  readonly names: KnownNames
  /** How many constants led here. */
  readonly depth: number
}

/** A text that is known without running the code. */
export interface KnownText {
  readonly text: string
  /** It is made of a place. */
  readonly placed: boolean
}

/** Returns the value of an expression in the module at `place`, if it is known without running the code. */
export function textOf(node: AnyNode | undefined, place: CodePlace, names: KnownNames): KnownText | undefined {
  return evaluated(node, knownIn(place, names))
}

function knownIn(place: CodePlace, names: KnownNames): Known {
  return { ...place, names, depth: 0 }
}

const READS = [
  ...['readFile', 'readFileSync', 'createReadStream', 'open', 'openSync', 'readdir', 'readdirSync', 'opendir'],
  ...[
    'opendirSync',
    'stat',
    'statSync',
    'existsSync',
    'access',
    'accessSync',
    'copyFile',
    'copyFileSync',
    'cp',
    'cpSync',
  ],
]
const READS_TEXT = new RegExp(`\\b(?:${READS.join('|')}|cwd|resolve)\\b`)

/** A path that is relative to where the process runs, given to what reads files. */
function readBy(node: AnyNode, known: Known): KnownText | undefined {
  if (node.type !== 'CallExpression' || known.cwd === undefined || node.arguments.length === 0) return undefined
  if (!READS.includes(calledName(node.callee) ?? '')) return undefined
  const given = evaluated(node.arguments[0]!, known)
  if (given === undefined || given.placed || given.text === '' || isAbsolute(given.text)) return undefined
  return /^[a-z]+:/i.test(given.text) ? undefined : { text: resolve(known.cwd, given.text), placed: true }
}

function wasmBeside(node: AnyNode, { file }: Known): string | undefined {
  if (node.type !== 'Literal' || typeof node.value !== 'string') return undefined
  return /^[^/\\:]+\.wasm$/.test(node.value) ? join(dirname(file), node.value) : undefined
}

const MOST_DEPTH = 20

function evaluated(node: AnyNode | null | undefined, known: Known): KnownText | undefined {
  switch (node?.type) {
    case 'Literal':
      return typeof node.value === 'string' ? { text: node.value, placed: false } : undefined
    case 'TemplateLiteral':
      return joined(
        node.quasis.flatMap((quasi, index) => {
          const text = { text: quasi.value.cooked ?? '', placed: false }
          return index < node.expressions.length ? [text, evaluated(node.expressions[index], known)] : [text]
        }),
      )
    case 'BinaryExpression':
      return node.operator === '+' ? joined([evaluated(node.left, known), evaluated(node.right, known)]) : undefined
    case 'LogicalExpression':
      return evaluated(node.left, known) ?? evaluated(node.right, known)
    case 'ConditionalExpression':
      return evaluated(node.consequent, known) ?? evaluated(node.alternate, known)
    case 'AwaitExpression':
      return evaluated(node.argument, known)
    case 'SequenceExpression':
      return evaluated(node.expressions.at(-1), known)
    case 'Identifier':
      return named(node.name, known)
    case 'MemberExpression':
      return memberOf(node, known)
    case 'NewExpression':
    case 'CallExpression':
      return called(node, known)
    default:
      return undefined
  }
}

function named(name: string, known: Known): KnownText | undefined {
  if (name === '__dirname') return { text: dirname(known.file), placed: true }
  if (name === '__filename') return { text: known.file, placed: true }
  const init = known.names.constants.get(name)
  if (init === undefined || known.depth >= MOST_DEPTH) return undefined
  return evaluated(init, { ...known, depth: known.depth + 1 })
}

function memberOf(node: AnyNode & { readonly type: 'MemberExpression' }, known: Known): KnownText | undefined {
  const name = propertyName(node)
  const { object } = node
  const isMeta =
    object.type === 'MetaProperty' || (object.type === 'CallExpression' && calledName(object.callee) === 'attakMeta')
  if (isMeta) {
    if (name === 'url') return { text: pathToFileURL(known.file).href, placed: true }
    return name === 'dirname' || name === 'filename' ? named(`__${name}`, known) : undefined
  }
  if (name !== 'href' && name !== 'pathname') return undefined
  const url = evaluated(object, known)
  return url === undefined || name === 'href'
    ? url
    : { ...url, text: URL.canParse(url.text) ? new URL(url.text).pathname : url.text }
}

type Called = AnyNode & { readonly type: 'CallExpression' | 'NewExpression' }

function called({ type, callee, arguments: given }: Called, known: Known): KnownText | undefined {
  const name = calledName(callee)
  if (resolverOf(callee, known.names) !== undefined) return resolved(given[0], known)
  if (callee.type === 'MemberExpression' && callee.object.type === 'Identifier' && callee.object.name === 'process') {
    return name === 'cwd' && known.cwd !== undefined ? { text: known.cwd, placed: true } : undefined
  }
  if (callee.type === 'MemberExpression' && name === 'toString') return evaluated(callee.object, known)
  const make = name === undefined || !Object.hasOwn(MADE, name) ? undefined : MADE[name]
  if (make === undefined || (type === 'NewExpression') !== (name === 'URL')) return undefined
  const values = allOf(given.map((one) => evaluated(one, known)))
  if (values === undefined || values.length === 0) return undefined
  const placed = values.some((value) => value.placed)
  try {
    const text = make(values.map((value) => value.text))
    // `path.resolve('data')` uses the folder that the process runs in.
    if (name === 'resolve' && !placed && !isAbsolute(text)) {
      return known.cwd === undefined ? undefined : { text: resolve(known.cwd, text), placed: true }
    }
    return { text, placed }
  } catch {
    return undefined
  }
}

/** A resolved path of a file with data. Code has another name where it is shipped. */
function resolved(node: AnyNode | undefined, known: Known): KnownText | undefined {
  const given = evaluated(node, known)
  if (given === undefined || given.placed || !/^\.{1,2}\//.test(given.text) || CODE.test(given.text)) return undefined
  return { text: join(dirname(known.file), given.text), placed: true }
}

/** The results of path functions, by their names. */
const MADE: Readonly<Record<string, (given: readonly string[]) => string>> = {
  join: (given) => join(...given),
  resolve: (given) => given.reduceRight((path, part) => (isAbsolute(path) ? path : join(part, path))),
  normalize: ([path]) => normalize(path!),
  dirname: ([path]) => dirname(path!),
  realpathSync: ([path]) => path!,
  toNamespacedPath: ([path]) => path!,
  fileURLToPath: ([url]) => fileURLToPath(url!),
  pathToFileURL: ([path]) => pathToFileURL(path!).href,
  URL: ([path, base]) => new URL(path!, base).href,
  String: ([text]) => text!,
}

function joined(parts: readonly (KnownText | undefined)[]): KnownText | undefined {
  const values = allOf(parts)
  if (values === undefined) return undefined
  return { text: values.map(({ text }) => text).join(''), placed: values.some(({ placed }) => placed) }
}

function allOf(values: readonly (KnownText | undefined)[]): readonly KnownText[] | undefined {
  return values.every((value) => value !== undefined) ? values : undefined
}

function pathOf(text: string): string | undefined {
  try {
    const path = text.startsWith('file:') ? fileURLToPath(text.replace(/[?#].*$/, '')) : text
    return isAbsolute(path) ? resolve(path) : undefined
  } catch {
    return undefined
  }
}

function lastString(root: AnyNode): string {
  let last = ''
  walk(root, (node) => {
    if (node.type === 'Literal' && typeof node.value === 'string') last = node.value
    if (node.type === 'TemplateElement' && node.value.raw !== '') last = node.value.raw
    return true
  })
  return basename(last)
}
