import { placeOf } from './field.ts'
import type { Level } from './known-settings.ts'
import type { Report } from './report.ts'
import { type Fields, isPlainObject, readFields } from './user-code.ts'

/** What becomes of a setting that attak had in 2017: it is read as another one, or not at all. */
type Fate = { readonly readAs: string } | { readonly ignored: string }

const NOTE: Fate = { ignored: 'Remove it, or make it a comment.' }
const FIELDS: Fate = { ignored: 'Remove it: a handler receives the whole event.' }

/** Settings of attak 2017 that attak does not have today, except `opts`: see `readOldSettings`. */
const OLD: Readonly<Record<Level, Readonly<Record<string, Fate>>>> = {
  topology: { description: NOTE, version: NOTE, fields: FIELDS, inputs: { readAs: 'input' } },
  processor: {
    ...{ description: NOTE, version: NOTE, fields: FIELDS },
    inputs: { ignored: 'Remove it: streams define what a processor receives.' },
    outputs: { ignored: 'Remove it: a processor may emit any topic.' },
  },
  stream: { description: NOTE, version: NOTE, fields: FIELDS },
}

/**
 * Returns the fields of a topology, a processor or a stream without the settings of attak 2017: some are read as what they
 * meant, others are ignored. Reports each of them as a warning.
 */
export function readOldSettings(level: Level, given: Fields, where: string, report: Report): Fields {
  const fates = Object.entries(OLD[level]).filter(([name]) => name in given && !isSettingToday(name, given[name]))
  const opts = isPlainObject(given.opts) ? readFields(given.opts, placeOf(where, 'opts'), report) : undefined
  if (fates.length === 0 && opts === undefined) return given
  const fields: Record<string, unknown> = Object.assign(Object.create(null), opts, given)
  const warn = (name: string, what: string, remedy: string) => {
    delete fields[name]
    report.warn('TOPOLOGY_OLD_SETTING', placeOf(where, name), what, remedy)
  }
  if (opts !== undefined) {
    const names = Object.keys(opts).join(', ')
    warn('opts', `the settings in opts are read as settings of the ${level}`, `Write them without opts: ${names}.`)
  }
  for (const [name, fate] of fates) {
    if ('ignored' in fate) warn(name, `"${name}" is ignored: it was a setting of attak 2017`, fate.ignored)
    else if (fate.readAs in given) warn(name, `"${name}" is ignored: ${fate.readAs} is set too`, 'Remove it.')
    else {
      fields[fate.readAs] = given[name]
      warn(name, `"${name}" is read as ${fate.readAs}`, `Rename it to ${fate.readAs}.`)
    }
  }
  return fields
}

/** Today `outputs` is whether outputs are logged. In 2017 it was a list of topics. */
function isSettingToday(name: string, value: unknown): boolean {
  if (name !== 'outputs') return false
  try {
    return !(Array.isArray(value) && value.every((topic) => typeof topic === 'string'))
  } catch {
    return true
  }
}
