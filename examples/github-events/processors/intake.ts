import type { Context } from 'attak'
import type { Activity, Delivery, Details } from '../messages.ts'

/** Where that is counted which happens in no repository. */
export const NO_REPOSITORY = '(no repository)'

/**
 * Emits each delivery with its event as topic, for the streams to choose from, and its repository as key. Of what every
 * payload repeats only names go on, so that messages stay small.
 */
export async function handler({ event, payload }: Delivery, context: Context<Record<string, Activity>>) {
  const { repository, sender, organization: _, ...details } = payload
  const name = repository?.full_name ?? NO_REPOSITORY
  const person = sender?.type === 'User' ? { person: sender.login } : {}
  await context.emit(event, { ...person, repository: name, details: details as Details }, { key: name })
}
