import { nearest } from '../errors.ts'
import { isName, NAME_RULE, placeOfProcessor, renameRemedy } from './name.ts'
import { readProcessor } from './processor.ts'
import { type Entry, type ModulesIn, processorEntries } from './processor-entries.ts'
import { type Report, show } from './report.ts'
import { type Parsing, parseSettings } from './settings.ts'
import type { TopologyProcessor } from './topology.ts'
import type { Fields } from './user-code.ts'

/** Processors as parsed, with every name that was given, so that a broken one is not also called unknown. */
export interface Processors {
  readonly processors: readonly TopologyProcessor[]
  /** Undefined when the names could not be found out. */
  readonly names: ReadonlySet<string> | undefined
}

/** Parses every spelling of a topology's processors; `streamNames` are those that a `processor` factory builds. */
export function parseProcessors(
  topology: Fields,
  streamNames: readonly string[],
  modulesIn: ModulesIn,
  parsing: Parsing,
): Processors {
  const { report } = parsing
  const settingsOf = (fields: Fields, where: string) => parseSettings('processor', fields, where, parsing)
  const entries = processorEntries(topology, streamNames, modulesIn, report)
  if (entries === undefined) return { processors: [], names: undefined }
  const processors: TopologyProcessor[] = []
  const places = new Map<string, string>()
  for (const entry of entries) {
    if (!checkName(entry, places, report)) continue
    const body = readProcessor(entry.value, entry.where, { report, settingsOf })
    if (body === undefined) continue
    const { name, namedByIndex = false, inFolder } = entry
    processors.push({ name, namedByIndex, ...(inFolder && { inFolder }), ...body })
  }
  return { processors, names: new Set(entries.map(({ name }) => name)) }
}

/** Reports each name among `invokes` that is none of `names`. */
export function checkInvokes(
  processors: readonly TopologyProcessor[],
  names: ReadonlySet<string>,
  report: Report,
): void {
  for (const { name: processor, invokes = [] } of processors) {
    for (const name of new Set(invokes)) {
      if (names.has(name)) continue
      const near = nearest(name, names)
      const where = `${placeOfProcessor(processor)}.invokes`
      const remedy = near === undefined ? `Correct it, or add ${placeOfProcessor(name)}.` : `Did you mean "${near}"?`
      report.error('TOPOLOGY_UNKNOWN_PROCESSOR', where, `no processor named "${name}"`, remedy)
    }
  }
}

function checkName({ name, where, warning }: Entry, places: Map<string, string>, report: Report): boolean {
  const taken = places.get(name)
  places.set(name, where)
  if (!isName(name)) {
    report.error('TOPOLOGY_INVALID', where, `the name ${show(name)} must ${NAME_RULE}`, renameRemedy(name))
  } else if (taken !== undefined) {
    const what = `${taken} has the name "${name}" too`
    report.error('TOPOLOGY_INVALID', where, what, 'Rename one of the two.')
  } else {
    if (warning !== undefined) report.warn('TOPOLOGY_NAMED_BY_INDEX', where, warning.what, warning.remedy)
    return true
  }
  return false
}
