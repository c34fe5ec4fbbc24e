import { errorOf } from '../errors.ts'
import { placeOfProcessor } from './name.ts'
import { readProcessor } from './processor.ts'
import { processorEntries } from './processor-entries.ts'
import { createReport, type Report } from './report.ts'
import { isStandardSchema, type StandardSchema } from './schema.ts'
import type { HandlerSource } from './topology.ts'
import { type Fields, isObject, readFields, unwrap } from './user-code.ts'

/** A processor of a topology that was checked before: where its code is, and its schema. */
export interface FoundProcessor {
  readonly source: HandlerSource
  readonly input?: StandardSchema
}

/**
 * Finds one processor in what a topology's module exports. Reads nothing else of it, so that a deployed function does not
 * parse the topology. Throws what keeps it from being found.
 */
export function findProcessor(exported: unknown, name: string): FoundProcessor {
  const report = createReport('the topology')
  const found = read(unwrap(exported), name, report)
  if (found !== undefined) return found
  if (report.problems.length > 0) throw errorOf(report.problems)
  throw new Error(`here, the topology has no processor "${name}"`)
}

function read(topology: unknown, name: string, report: Report): FoundProcessor | undefined {
  const fields = isObject(topology) ? readFields(topology, 'topology', report) : undefined
  const entries = fields && processorEntries(fields, [name], () => undefined, report)
  const entry = entries?.find((one) => one.name === name)
  return entry && readProcessor(entry.value, placeOfProcessor(name), { report, settingsOf: inputOf })
}

function inputOf({ input }: Fields): Pick<FoundProcessor, 'input'> {
  return isStandardSchema(input) ? { input } : {}
}
