import { NAME_LIMITS, type Place, queueName, type Scope } from '../../aws/names.ts'
import { CRASHES_PART, ERRORS_PART, resourceName } from '../../graph/names.ts'

/** The id of the queue that error records go to, which carries the marks of a stage as well. */
export const ERRORS_QUEUE = `queue/${ERRORS_PART}`

/** The id of the queue that receives what the platform could not deliver. */
export const CRASHES_QUEUE = `queue/${CRASHES_PART}`

/** Returns the name of a stage's errors queue. */
export function errorsQueueName(scope: Scope): string {
  return queueName(scope, ERRORS_PART, { fifo: false })
}

/** The path of all roles that attak makes. */
export const ROLES_PATH = '/attak/'

/** Returns the path of a stage's roles: `/attak/orders/dev/eu-west-1/`. IAM has no regions. */
export function rolePath({ topology, stage }: Scope, { region }: Pick<Place, 'region'>): string {
  return `${ROLES_PATH}${topology}/${stage}/${region}/`
}

/** Returns the name of a processor's role; unique in the account, whatever its path is. */
export function roleName({ topology, stage }: Scope, processor: string, { region }: Pick<Place, 'region'>): string {
  return resourceName(topology, stage, `${processor}--${region}`, NAME_LIMITS.role)
}
