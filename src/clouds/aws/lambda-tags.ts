import { type LambdaClient, ListTagsCommand, TagResourceCommand, UntagResourceCommand } from '@aws-sdk/client-lambda'
import type { Scope } from '../../aws/names.ts'
import type { Write } from '../../deploy/change.ts'
import type { LiveResource } from '../../graph/resource.ts'
import { unlessAbsent } from './failure.ts'
import { adopting, changes, loosens } from './kind.ts'
import { staleTags, TAGS, type Tags, tagsOf, userTags } from './tags.ts'

/** The tags of a function or mapping, by its ARN; undefined where it is not there. */
export async function lambdaTags(lambda: LambdaClient, Resource: string): Promise<Tags | undefined> {
  const answer = await unlessAbsent(lambda.send(new ListTagsCommand({ Resource })))
  return answer && (answer.Tags ?? {})
}

/** Takes the fingerprint off what was to be made, is there already and is about to be changed. */
export async function loosen(lambda: LambdaClient, Resource: string, change: Write, live: LiveResource | undefined) {
  if (!loosens(change, live)) return
  await lambda.send(new UntagResourceCommand({ Resource, TagKeys: [TAGS.config] }))
}

/** What was written, and where. */
export interface Written {
  readonly scope: Scope
  /** The ARN of the function or mapping. */
  readonly address: string
  /** As it was found; undefined where it was made. */
  readonly live: LiveResource | undefined
  /** Tags beside those that every resource has. */
  readonly more?: Tags
}

/** Ends a change: tags that are wanted no longer go, and those that are come with the fingerprint. */
export async function retag(
  lambda: LambdaClient,
  change: Write,
  { scope, address, live, more }: Written,
): Promise<void> {
  const { resource, fingerprint } = change
  if (live !== undefined && changes(adopting(change, live), 'tags')) {
    const stale = staleTags((await lambdaTags(lambda, address)) ?? {}, userTags(resource.config))
    if (stale.length > 0) await lambda.send(new UntagResourceCommand({ Resource: address, TagKeys: [...stale] }))
  }
  await lambda.send(
    new TagResourceCommand({ Resource: address, Tags: { ...tagsOf(scope, resource, fingerprint), ...more } }),
  )
}
