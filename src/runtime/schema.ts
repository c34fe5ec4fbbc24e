import { AttakError } from '../errors.ts'
import type { SchemaIssue, SchemaResult, StandardSchema } from '../topology/schema.ts'

/** Runs a processor's `input` schema: gives what the handler gets, or a promise of it. Throws EVENT_REFUSED. */
export function validateEvent(schema: StandardSchema, event: unknown, processor: string): unknown {
  const result = schema['~standard'].validate(event)
  return result instanceof Promise
    ? result.then((settled) => outputOf(settled, processor))
    : outputOf(result, processor)
}

function outputOf(result: SchemaResult<unknown>, processor: string): unknown {
  if (result.issues === undefined) return result.value
  throw new AttakError(
    'EVENT_REFUSED',
    `the input schema of "${processor}" refuses the event: ${result.issues.map(sayIssue).join('; ')}`,
    'Send an event that fits, or change the schema.',
  )
}

function sayIssue({ path, message }: SchemaIssue): string {
  const steps = (path ?? []).map((step) => String(typeof step === 'object' ? step.key : step))
  return steps.length === 0 ? message : `${steps.join('.')}: ${message}`
}
