import { nearest, type Problem } from '../errors.ts'
import type { CarrierTable } from './carrier-rules.ts'
import { checkChannels } from './check-channels.ts'
import { type KnownSettings, knownSettings } from './known-settings.ts'
import { isName, NAME_RULE, nearName, renameRemedy } from './name.ts'
import { readOldSettings } from './old-settings.ts'
import type { ModulesIn } from './processor-entries.ts'
import { checkInvokes, parseProcessors } from './processors.ts'
import { createReport, type Report, show } from './report.ts'
import { parseSettings } from './settings.ts'
import type { SourceTable } from './source.ts'
import { parseSources } from './sources.ts'
import { checkEnds, checkOverlaps, parseStreams } from './streams.ts'
import type { Topology, TopologyProcessor } from './topology.ts'
import {
  type Fields,
  holdRejection,
  isModule,
  isObject,
  isPlainObject,
  isPromise,
  readFields,
  reportPromise,
  unwrap,
} from './user-code.ts'

/** What parsing needs to know of the world. */
export interface ParseOptions {
  /** The topology's file as the user should see it in messages. */
  readonly file: string
  /** Returns the name of the topology's package, as its package.json gives it. Called if the topology has no name. */
  readonly nameOfPackage?: () => string | undefined
  /** Lists the base names of the modules in a folder, for `processors: './folder'`; undefined when there is none. */
  readonly modulesIn: ModulesIn
  /** What streams may go over. */
  readonly carriers: CarrierTable
  /** How events may come in. */
  readonly sources: SourceTable
}

/** A topology, absent when a problem is an error, and all that is wrong or odd with it, in the file's order. */
export interface Parsed {
  readonly topology?: Topology
  /** Its name, also when something else is wrong. */
  readonly name?: string
  /** The processors that could be understood, also when the topology as a whole is wrong: their modules can be checked. */
  readonly processors: readonly TopologyProcessor[]
  readonly problems: readonly Problem[]
}

/**
 * Turns what a topology's module exports (or its JSON says), in any spelling, into the one form that everything behind
 * this knows. Never throws for what a user wrote: their functions run here, and what they throw is a problem.
 */
export function parseTopology(value: unknown, options: ParseOptions): Parsed {
  const known = knownSettings(options.carriers)
  const report = createReport(options.file)
  const given = topologyFields(value, known, report)
  if (given === undefined) return { processors: [], problems: report.problems }
  const fields = readOldSettings('topology', given, '', report)
  holdRejection(fields.input)
  const name = parseName(fields.name, options.nameOfPackage, report)
  const settings = parseSettings('topology', fields, '', { known, report })
  const late = createReport(options.file)
  const streams = parseStreams(fields.streams, { known, report: late })
  const streamNames = [...new Set(streams.flatMap(({ from, to }) => [from, to]))]
  const { processors, names } = parseProcessors(fields, streamNames, options.modulesIn, { known, report })
  if (names !== undefined && fields.processors !== undefined) checkEnds(streams, names, late)
  if (names !== undefined) checkInvokes(processors, names, late)
  checkOverlaps(streams, late)
  const sources = parseSources(fields, { table: options.sources, names, report: late })
  checkChannels({ streams, processors, ...settings }, known, late)
  const problems = [...report.problems, ...late.problems]
  const named = name === '' ? {} : { name }
  if (problems.some(({ severity }) => severity === 'error')) return { ...named, processors, problems }
  const input = fields.input === undefined ? {} : { input: fields.input }
  return {
    topology: Object.freeze({
      name,
      processors,
      streams,
      ...(sources.length > 0 && { sources }),
      ...input,
      ...settings,
    }),
    ...named,
    processors,
    problems,
  }
}

function parseName(name: unknown, nameOfPackage: ParseOptions['nameOfPackage'], report: Report): string {
  if (typeof name === 'string' && isName(name)) return name
  const fallback = name === undefined ? nearName(nameOfPackage?.()?.replace(/^@[^/]*\//, '') ?? '') : undefined
  if (fallback !== undefined) {
    const what = `the topology has no name, so it takes the name of its package, "${fallback}"`
    report.warn('TOPOLOGY_UNNAMED', 'name', what, `Add name: '${fallback}'. Deploying needs a name.`)
    return fallback
  }
  const [what, remedy] =
    name === undefined
      ? ['the topology has no name', "Add name: 'my-topology'."]
      : name === ''
        ? ["the topology's name is empty", "Write name: 'my-topology'."]
        : typeof name === 'string'
          ? [`the name ${show(name)} must ${NAME_RULE}`, renameRemedy(name)]
          : [`the topology's name must be a string; got ${show(name)}`, "Write name: 'my-topology'."]
  report.error('TOPOLOGY_INVALID', 'name', what, remedy)
  return ''
}

function topologyFields(exported: unknown, known: KnownSettings, report: Report): Fields | undefined {
  const value = unwrap(exported)
  if (isPlainObject(value)) {
    const fields = readFields(value, 'topology', report)
    if (fields === undefined || !isModule(value)) return fields
    const named = Object.keys(fields).find((name) => isTopologyLike(fields[name]))
    if (named === undefined || isTopologyLike(value)) return settingsAmongExports(fields, known)
    const what = `the topology is exported as ${named}, and not as the default export`
    report.error('TOPOLOGY_INVALID', 'topology', what, `Write: export default ${named}`)
    return undefined
  }
  if (isPromise(value)) reportPromise(value, 'topology', 'what is exported is a promise', report)
  else {
    const what = value === undefined ? 'nothing is exported' : `${describe(value)} is exported, which is not a topology`
    const call = 'If it creates the topology, call it in the module and export its result.'
    const remedy = typeof value === 'function' ? call : 'Export { name, processors, streams }.'
    report.error('TOPOLOGY_INVALID', 'topology', what, remedy)
  }
  return undefined
}

function isTopologyLike(value: unknown): boolean {
  return isPlainObject(value) && ('processors' in value || 'processor' in value)
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  return isObject(value) ? 'an instance of a class' : show(value)
}

/** A module that exports its settings one by one may export other things too, unless they look like a mistyped setting. */
function settingsAmongExports(fields: Fields, known: KnownSettings): Fields {
  const entries = Object.entries(fields)
  const meant = entries.filter(([name]) => nearest(name, known.fields.topology) !== undefined)
  return meant.length === 0 ? fields : Object.assign(Object.create(null), Object.fromEntries(meant))
}
