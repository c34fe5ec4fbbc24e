import { baseNameOf, isName, moduleName, NAME_RULE, placeOfProcessor } from './name.ts'
import { ownName } from './processor.ts'
import { type Report, show } from './report.ts'
import { type Fields, isModule, isObject, isPromise, reportPromise, runUserCode } from './user-code.ts'

/** Lists the base names of the modules in a folder; undefined when there is no such folder. */
export type ModulesIn = (folder: string) => readonly string[] | undefined

/** A processor as it is listed: its name, and what it is. */
export interface Entry {
  readonly name: string
  readonly value: unknown
  readonly where: string
  readonly namedByIndex?: boolean
  /** It was found in a folder of processors. */
  readonly inFolder?: true
  /** Why it is named so; absent if another entry says it. */
  readonly warning?: { readonly what: string; readonly remedy: string }
}

const SPELLINGS =
  'Give a map of names to processors, a list, a folder, a function that returns one of those, or processor: (name) => handler.'

/** Lists the processors of a topology, in any spelling; `streamNames` are those that a `processor` factory builds. */
export function processorEntries(
  topology: Fields,
  streamNames: readonly string[],
  modulesIn: ModulesIn,
  report: Report,
): readonly Entry[] | undefined {
  const { processors, processor } = topology
  if (processors !== undefined && processor !== undefined) {
    const what = 'both processors and processor are given'
    report.error('TOPOLOGY_INVALID', 'processor', what, 'Keep one of them.')
  }
  if (processors !== undefined) return listEntries(processors, modulesIn, report)
  if (processor !== undefined) return factoryEntries(processor, streamNames, report)
  report.error('TOPOLOGY_INVALID', 'processors', 'the topology has no processors', SPELLINGS)
  return undefined
}

function listEntries(given: unknown, modulesIn: ModulesIn, report: Report): readonly Entry[] | undefined {
  const ran = typeof given === 'function' ? runUserCode(() => given(), 'processors', report) : { value: given }
  if (ran === undefined) return undefined
  const value = isModule(ran.value) && isObject(ran.value.default) ? ran.value.default : ran.value
  if (typeof value === 'string') return folderEntries(value, modulesIn, report)
  const entries = Array.isArray(value) ? arrayEntries(value) : mapEntries(value, report)
  if (entries?.length === 0) report.error('TOPOLOGY_INVALID', 'processors', 'there is no processor in it', SPELLINGS)
  return entries?.length === 0 ? undefined : entries
}

function mapEntries(map: unknown, report: Report): readonly Entry[] | undefined {
  if (isPromise(map)) {
    reportPromise(map, 'processors', 'is a promise', report)
    return undefined
  }
  if (!isObject(map)) {
    report.error('TOPOLOGY_INVALID', 'processors', `processors cannot be ${show(map)}`, SPELLINGS)
    return undefined
  }
  const ran = runUserCode(() => (map instanceof Map ? [...map] : Object.entries(map)), 'processors', report)
  const entries = ran?.value as [unknown, unknown][] | undefined
  return entries?.map(([key, value]) => {
    const name = typeof key === 'string' ? key : show(key)
    return { name, value, where: placeOfProcessor(name) }
  })
}

function folderEntries(folder: string, modulesIn: ModulesIn, report: Report): readonly Entry[] | undefined {
  const modules = modulesIn(folder)
  if (modules === undefined) {
    const what = `there is no folder ${show(folder)}`
    report.error(
      'PROCESSOR_NOT_FOUND',
      'processors',
      what,
      "Create it, or give a folder relative to the topology's file.",
    )
  } else if (modules.length === 0) {
    const what = `the folder ${show(folder)} has no modules`
    report.error('TOPOLOGY_EMPTY_FOLDER', 'processors', what, 'Put one module per processor in it.')
  } else {
    const base = folder.replace(/\/+$/, '')
    return [...modules].sort().map((module) => {
      const path = `${base}/${module}`
      return { name: moduleName(module), value: path, where: path, inFolder: true as const }
    })
  }
  return undefined
}

function arrayEntries(list: readonly unknown[]): readonly Entry[] {
  const names = list.map((value) => {
    const name = ownName(value)
    return name?.match(/[./\\]/) ? moduleName(baseNameOf(name)) : name === '' ? undefined : name
  })
  const places = new Map<string | undefined, number[]>()
  for (const [index, name] of names.entries()) {
    const same = places.get(name)
    if (same === undefined) places.set(name, [index])
    else same.push(index)
  }
  return list.map((value, index) => {
    const name = names[index]
    const where = `processors[${index}]`
    const same = places.get(name)!
    if (name !== undefined && same.length === 1 && isName(name) && !SAYS_NOTHING.has(name))
      return { name, value, where }
    const isTold = same.length > 1 && same[0] !== index
    const warning = same.length > 1 ? namedAlike(name, same, list) : namedByIndex(name, index)
    return { name: String(index), value, where, namedByIndex: true, ...(!isTold && { warning }) }
  })
}

/** Names that many modules give their handler. */
const SAYS_NOTHING: ReadonlySet<string> = new Set(['handler', 'default'])

function namedByIndex(name: string | undefined, index: number): NonNullable<Entry['warning']> {
  const because =
    name === undefined
      ? 'its function has no name'
      : SAYS_NOTHING.has(name)
        ? `the name "${name}" is too general`
        : `the name ${show(name)} is refused: a name must ${NAME_RULE}`
  const remedy = name === undefined ? 'Name the function, or' : 'Rename the function, or'
  return { what: `is named "${index}" by its place, since ${because}`, remedy: `${remedy} write processors as a map.` }
}

function namedAlike(
  name: string | undefined,
  places: readonly number[],
  list: readonly unknown[],
): NonNullable<Entry['warning']> {
  const values = places.map((place) => list[place])
  const noun = values.every((value) => typeof value === 'function') ? 'functions' : 'processors'
  const count = places.length === 2 ? 'two' : String(places.length)
  const what = `${count} ${noun} ${name === undefined ? 'have no name' : `are named "${name}"`}; they are called ${placeNames(places)} here`
  if (name === undefined) return { what, remedy: 'Name the functions, or write processors as a map.' }
  const isOne = new Set(values).size === 1 && noun === 'functions'
  const map =
    /^[a-z_]\w*$/i.test(name) && isOne ? `{ ${name}, other: ${name} }` : `{ ${JSON.stringify(name)}: …, other: … }`
  return { what, remedy: `Write processors as a map: ${map}.` }
}

/** `"0", "1" and "2"`, or `"0" to "9"`. */
function placeNames(places: readonly number[]): string {
  const [first, last] = [places[0], places.at(-1)]
  if (places.length > 3 && last! - first! === places.length - 1) return `"${first}" to "${last}"`
  const others = places.slice(0, -1).map((place) => `"${place}"`)
  return `${others.join(', ')} and "${last}"`
}

function factoryEntries(factory: unknown, names: readonly string[], report: Report): readonly Entry[] | undefined {
  if (typeof factory !== 'function') {
    const what = `processor must be a function of a name; got ${show(factory)}`
    report.error('TOPOLOGY_INVALID', 'processor', what, 'Write processor: (name) => handler, or list processors.')
    return undefined
  }
  if (names.length === 0) {
    const what = 'processor builds the processors that streams name, and there are no streams'
    report.error('TOPOLOGY_INVALID', 'processor', what, 'Add streams, or list the processors in processors.')
    return undefined
  }
  return names.flatMap((name) => {
    const where = `processor("${name}")`
    const ran = isName(name) ? runUserCode(() => factory(name), where, report) : { value: () => undefined }
    return ran === undefined ? [] : [{ name, value: ran.value, where }]
  })
}
