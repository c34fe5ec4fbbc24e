import { AttakError } from '../errors.ts'
import type { SchemaIssue } from '../topology/schema.ts'

/**
 * Explains why the handler of a message was not called: its processor's `input` schema found these issues. It is not
 * retried.
 */
export function eventRefusal(processor: string, issues: readonly SchemaIssue[]): AttakError {
  return new AttakError(
    'EVENT_REFUSED',
    `the input schema of "${processor}" refuses the event: ${issues.map(sayIssue).join('; ')}`,
    'Send an event that fits, or change the schema.',
  )
}

function sayIssue({ path, message }: SchemaIssue): string {
  const steps = (path ?? []).map((step) => String(typeof step === 'object' ? step.key : step))
  return steps.length === 0 ? message : `${steps.join('.')}: ${message}`
}
