import { existsSync, realpathSync, statSync } from 'node:fs'
import { extname, join, resolve, sep } from 'node:path'
import { AttakError, errorOf, type Problem } from '../errors.ts'
import type { InputEvent, Topology } from '../topology/topology.ts'
import { ownEvents, parseEvents, problemAt, readMade, unknownProcessor } from './events.ts'
import { packageFolder, shown } from './find.ts'
import { failed, missingFile, noFile, noInput, notJson, notRead, plainText, repeatedEvent } from './input-problems.ts'
import { readIterable } from './iterable.ts'
import { type JsonFault, parseJsonFile, repeatedName } from './json.ts'
import { readJsonLines } from './json-lines.ts'
import { readBlocks, readWhole } from './lines.ts'
import { isFile } from './modules.ts'
import { fromSources } from './source-events.ts'

/** An input, opened: its events and how far they have been read. */
export interface Input {
  /** The input's name for the user: `input.json`, `stdin`, `topology.ts (input)`. */
  readonly name: string
  /** The events in order, in lists of at most 512; to be read once. Throws INPUT_INVALID where the input is streamed. */
  readonly chunks: AsyncIterable<readonly InputEvent[]>
  /** The size of a file that is streamed; undefined if it is not known or does not matter. */
  readonly totalBytes?: number
  /** How many bytes of it have been read. */
  readBytes(): number
  /** It comes from a pipe or a terminal: more may arrive at any time. */
  readonly live: boolean
  /** The lines that were no events and skipped so far. */
  skipped(): SkippedLines
  readonly warnings: readonly Problem[]
}

/** Lines that were skipped. */
export interface SkippedLines {
  readonly lines: number
  /** The first ten of them. */
  readonly first: readonly Problem[]
  /** The numbers of the first ten. */
  readonly numbers: readonly number[]
}

/** Where to look for an input. */
export interface InputOptions {
  /** `--input`: a path relative to `cwd`, or `-` for stdin. */
  readonly given?: string | undefined
  /** `--to`: the processor that the given input's events are for; they are then bare. */
  readonly to?: string | undefined
  /** `--lines`: the given input is plain text, and each line an event. */
  readonly isText?: boolean | undefined
  readonly topology: Topology
  /** The topology's folder. */
  readonly dir: string
  readonly cwd: string
  /** Opened on demand. */
  readonly stdin: AsyncIterable<Uint8Array | string>
  /** What to do with an invalid line of a streamed input. */
  readonly badLines: 'stop' | 'skip'
  /** Without any, the input is empty. Default: that is an error. */
  readonly isOptional?: boolean
}

const MOST_EVENTS = 512
const FIRST_SKIPPED = 10
const LINES = new Set(['.jsonl', '.ndjson'])
const TEXTS = new Set(['.txt', '.log'])

/**
 * Opens the input of a run: the given one, else the topology's own, else `input.json`, see {@link inputFiles}. Lines and stdin
 * are streamed, memory staying flat; all else is checked as a whole before this returns. Throws INPUT_NOT_FOUND, INPUT_INVALID
 * and USAGE, all problems at once.
 */
export async function openInput(options: InputOptions): Promise<Input> {
  const input = await openNamed(options)
  return { ...input, chunks: fromSources(input.chunks, options.topology.sources) }
}

async function openNamed(options: InputOptions): Promise<Input> {
  const { given, isText, topology, dir, cwd, badLines } = options
  const names = [...topology.processors, ...(topology.sources ?? [])].map(({ name }) => name)
  const processors = new Set(names)
  const to = options.to ?? (isText ? onlyReceiver(topology) : undefined)
  if (options.to !== undefined) checkTo(options.to, given, processors)
  if (isText) checkLines(to, given)
  const reader: Reader = { given, to, isText, topology, dir, cwd, badLines, processors }
  if (given === '-') return openLines('stdin', options.stdin, reader, { live: true })
  if (given !== undefined) return openFile(resolve(cwd, given), reader, given)
  const found = inputFiles(dir, cwd).filter((file) => existsSync(file))
  const [first, ...others] = found
  if (topology.input !== undefined) {
    const input = await openValue(topology.input, reader)
    const unread = found.filter(isFile).map((file) => notRead(shown(file, cwd), 'the topology sets its own input'))
    return { ...input, warnings: [...input.warnings, ...unread] }
  }
  if (first === undefined && options.isOptional) return openEvents('no input', [])
  if (first === undefined) throw errorOf([noInput(topology)])
  if (!isFile(first)) throw errorOf([noFile(shown(first, cwd))])
  const input = await openFile(first, { ...reader, isUnasked: true }, shown(first, cwd))
  const unread = others.map((file) => notRead(shown(file, cwd), `${shown(first, cwd)} is`))
  return { ...input, warnings: [...input.warnings, ...unread] }
}

/** The files that are looked for where no input is given, absolute: beside the topology, in its package, in the current folder. */
export function inputFiles(dir: string, cwd: string): readonly string[] {
  const folders = [dir, packageFolder(join(dir, 'input.json')), cwd]
  return [...new Set(folders.map((folder) => join(folder, 'input.json')))]
}

/**
 * Returns the problems of the input that a run would use by default, as far as they are known without running anything:
 * it calls no functions and reads no lines of events. No input at all is fine.
 */
export async function inspectInput(
  options: Pick<InputOptions, 'topology' | 'dir' | 'cwd'>,
): Promise<readonly Problem[]> {
  const { topology, dir } = options
  const found = inputFiles(dir, options.cwd).filter((file) => existsSync(file))
  if (typeof topology.input === 'function') {
    return found.filter(isFile).map((file) => notRead(shown(file, options.cwd), 'the topology sets its own input'))
  }
  if (topology.input === undefined && found.length === 0) return []
  try {
    const { warnings } = await openInput({ ...options, stdin: NOTHING, badLines: 'stop' })
    return warnings
  } catch (error) {
    if (error instanceof AttakError) return error.problems
    throw error
  }
}

const NOTHING: AsyncIterable<string> = {
  [Symbol.asyncIterator]: () => ({ next: async () => ({ done: true, value: '' }) }),
}

/** The common arguments of reading an input. */
interface Reader extends Omit<InputOptions, 'stdin'> {
  readonly processors: ReadonlySet<string>
  /** The file was not named: it was found beside the topology. */
  readonly isUnasked?: true
}

function checkTo(to: string, given: string | undefined, processors: ReadonlySet<string>): void {
  if (given === undefined) {
    const remedy = 'Add --input FILE, or --input - for stdin.'
    throw errorOf([
      {
        code: 'USAGE',
        severity: 'error',
        where: '--to',
        what: 'works only with --input',
        remedy,
      },
    ])
  }
  if (!processors.has(to)) throw errorOf([problemAt('--to', unknownProcessor(to, processors))])
}

/** The one processor that no stream leads to. */
function onlyReceiver({ processors, streams }: Topology): string | undefined {
  const first = processors.filter(({ name }) => !streams.some(({ to }) => to === name))
  return first.length === 1 ? first[0]!.name : undefined
}

function checkLines(to: string | undefined, given: string | undefined): void {
  const [what, remedy] =
    given === undefined
      ? ['works only with --input', 'Add --input FILE, or --input - for stdin.']
      : ['needs the processor that receives the lines', 'Add --to PROCESSOR.']
  if (given === undefined || to === undefined) {
    throw errorOf([{ code: 'USAGE', severity: 'error', where: '--lines', what, remedy }])
  }
}

async function openFile(path: string, reader: Reader, name: string): Promise<Input> {
  const found = statSync(path, { throwIfNoEntry: false })
  // Also a pipe, such as a shell makes of <(command).
  if (found === undefined || found.isDirectory()) throw errorOf([missingFile(path, name)])
  if (TEXTS.has(extname(path)) && !reader.isText) throw errorOf([plainText(name, extname(path))])
  if (LINES.has(extname(path)) || reader.isText) {
    const traits = found.isFile() ? { live: false, totalBytes: found.size } : { live: true }
    return openLines(name, readBlocks(path), reader, traits)
  }
  const bytes = await readWhole(path)
  const parsed = parseJsonFile(bytes)
  if (parsed.kind === 'fault') {
    const first = reader.topology.processors[0]?.name
    throw errorOf([notJson(name, quotable(parsed.fault, path, reader), first)])
  }
  const { to } = reader
  if (to !== undefined) return openEvents(name, [{ to, event: parsed.value }])
  const input = openParsed(name, parsed.value, reader)
  const repeated = Array.isArray(parsed.value) ? undefined : repeatedName(bytes)
  if (repeated !== undefined) throw errorOf([repeatedEvent(name, quotable(repeated, path, reader))])
  return input
}

/** A link may lead out of the project, to a private file: such a file is not quoted unless the user named it. */
function quotable(fault: JsonFault, path: string, { isUnasked, dir }: Reader): JsonFault {
  const project = realpathSync(packageFolder(join(dir, 'input.json')))
  const isOutside = isUnasked === true && !realpathSync(path).startsWith(join(project, sep))
  return isOutside ? { ...fault, excerpt: '' } : fault
}

function openParsed(name: string, value: unknown, { processors }: Reader): Input {
  const { events, problems } = parseEvents(value, processors, name)
  if (problems.length > 0) throw errorOf(problems)
  return openEvents(name, events)
}

/** Events that code made, which may still hold them; `value` was read by `readMade`. */
function openOwned(name: string, value: unknown, { processors }: Reader): Input {
  const parsed = parseEvents(value, processors, name)
  const { events, problems } = ownEvents(parsed.events, (index) => `${name}, event ${index + 1}`)
  if (parsed.problems.length + problems.length > 0) throw errorOf([...parsed.problems, ...problems])
  return openEvents(name, events)
}

function openEvents(name: string, events: readonly InputEvent[]): Input {
  return { ...NOTHING_SPECIAL, name, chunks: chunksOf(events) }
}

const NOTHING_SPECIAL = {
  readBytes: () => 0,
  live: false,
  skipped: () => ({ lines: 0, first: [], numbers: [] }),
  warnings: [],
} as const

async function* chunksOf(events: readonly InputEvent[]): AsyncGenerator<readonly InputEvent[], void, undefined> {
  for (let start = 0; start < events.length; start += MOST_EVENTS) yield events.slice(start, start + MOST_EVENTS)
}

function openLines(
  name: string,
  blocks: AsyncIterable<Uint8Array | string>,
  { processors, to, isText, badLines }: Reader,
  traits: Pick<Input, 'live' | 'totalBytes'>,
): Input {
  let bytes = 0
  let lines = 0
  const first: Problem[] = []
  const numbers: number[] = []
  const onBadLine = (problem: Problem, line: number) => {
    if (++lines > FIRST_SKIPPED) return
    first.push(problem)
    numbers.push(line)
  }
  const counted = countBytes(blocks, (more) => {
    bytes += more
  })
  const chunks = readJsonLines(counted, {
    where: name,
    processors,
    to,
    isText,
    ...(badLines === 'skip' && { onBadLine }),
  })
  return { name, chunks, ...traits, readBytes: () => bytes, skipped: () => ({ lines, first, numbers }), warnings: [] }
}

async function* countBytes(blocks: AsyncIterable<Uint8Array | string>, count: (bytes: number) => void) {
  for await (const block of blocks) {
    count(block.length)
    yield block
  }
}

/** Opens the input that the topology declares: a path, events, or a function or promise that returns either. */
async function openValue(value: unknown, reader: Reader): Promise<Input> {
  const name = "the topology's input"
  const onError = (error: unknown) => errorOf([failed(name, error, reader.cwd)])
  const given = await readValue(value).catch((error: unknown) => {
    throw onError(error)
  })
  if (given.kind === 'iterable') {
    const chunks = readIterable(given.values, { where: name, processors: reader.processors, onError })
    return { ...NOTHING_SPECIAL, name, chunks }
  }
  if (typeof given.value !== 'string') return openOwned(name, given.value, reader)
  return openFile(resolve(reader.dir, given.value), reader, shown(resolve(reader.dir, given.value), reader.cwd))
}

type Given =
  | { readonly kind: 'iterable'; readonly values: Iterable<unknown> | AsyncIterable<unknown> }
  | { readonly kind: 'whole'; readonly value: unknown }

/** Runs all code of the user's that is needed to know what the input is. Throws what that code throws. */
async function readValue(value: unknown): Promise<Given> {
  const given: unknown = await (typeof value === 'function' ? value() : value)
  return !Array.isArray(given) && isIterable(given)
    ? { kind: 'iterable', values: given }
    : { kind: 'whole', value: readMade(given) }
}

function isIterable(value: unknown): value is Iterable<unknown> | AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && (Symbol.asyncIterator in value || Symbol.iterator in value)
}
