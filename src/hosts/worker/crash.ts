import { AttakError } from '../../errors.ts'

/** The failure of a message whose handler ended the process each time. */
export function crashError(processor: string, times: number): AttakError {
  return new AttakError(
    'PROCESS_EXIT',
    `processor "${processor}" was handling this message, or others of its record, each of the ${times} times that its process ended`,
    'Look at the last lines of the logs of those workers. It was not handled a further time.',
  )
}
