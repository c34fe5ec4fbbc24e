import {
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePermissionsBoundaryCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  type IAMClient,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
  ListRolesCommand,
  PutRolePolicyCommand,
  type Role,
  TagRoleCommand,
  UntagRoleCommand,
  UpdateAssumeRolePolicyCommand,
  UpdateRoleCommand,
} from '@aws-sdk/client-iam'
import { failedWith, pagesOf } from '../../aws/sdk.ts'
import { AttakError } from '../../errors.ts'
import type { JsonObject, LiveResource, Resource } from '../../graph/resource.ts'
import { unlessAbsent } from './failure.ts'
import { type Account, adopting, changes, differing, type Kind, loosens } from './kind.ts'
import { rolePath } from './names.ts'
import type { Policy } from './policies.ts'
import { notOurs, staleTags, type Tags, tagPair, tagsOf, tagsOfPairs, userTags } from './tags.ts'

/** What is wanted of a role. */
export type RoleConfig = { readonly policy: Policy; readonly tags: JsonObject }

const POLICY_NAME = 'attak'
/** What a role is made with. Source: IAM API reference, CreateRole, read 2026-11-28. */
const SESSION_SECONDS = 3600

/** Who may take the role of a function: Lambda itself, in every partition. */
const TRUST = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
})

/**
 * Roles of functions, one for each processor that is given none. The listing of roles tells no tags, so that a role's
 * path tells whose it is, and its description which one, with its fingerprint. IAM knows no regions: the path and the
 * name do. Source: IAM API reference, ListRoles, read 2026-11-21.
 */
export function roles({ scope, place, clients: { iam } }: Account): Kind {
  const path = rolePath(scope, place)

  const roleOf = async (name: string): Promise<Role | undefined> =>
    (await unlessAbsent(iam.send(new GetRoleCommand({ RoleName: name }))))?.Role

  const read = async (resource: Resource): Promise<LiveResource | undefined> => {
    const role = await roleOf(resource.name)
    if (role === undefined) return undefined
    if (role.Path !== path) throw notOurs(role.Arn ?? resource.name)
    return liveRole(role)
  }

  return {
    read,

    async list() {
      return (await rolesUnder(iam, path)).map(liveRole).filter((one) => one !== undefined)
    },

    async inspect(resource) {
      const { name, config } = resource
      const role = await roleOf(name)
      if (role === undefined) return []
      const answer = await unlessAbsent(iam.send(new GetRolePolicyCommand({ RoleName: name, PolicyName: POLICY_NAME })))
      return differing({
        policy: [(config as RoleConfig).policy, documentOf(answer?.PolicyDocument)],
        otherPolicies: [[], await otherPolicies(name)],
        attachedPolicies: [[], await attachedPolicies(name)],
        trust: [JSON.parse(TRUST), documentOf(role.AssumeRolePolicyDocument)],
        boundary: [undefined, role.PermissionsBoundary?.PermissionsBoundaryArn],
        sessionSeconds: [SESSION_SECONDS, role.MaxSessionDuration ?? SESSION_SECONDS],
        tags: tagPair(scope, resource, tagsIn(role)),
      })
    },

    async write(change) {
      const { resource, fingerprint } = change
      const { name, config, id } = resource
      let live = await read(resource)
      if (live === undefined) {
        await create(resource)
        live = await read(resource)
      }
      if (loosens(change, live)) await iam.send(new UpdateRoleCommand({ RoleName: name, Description: id }))
      if (changes(adopting(change, live), 'tags')) {
        const TagKeys = staleTags(tagsIn(await roleOf(name)), userTags(config))
        if (TagKeys.length > 0) await iam.send(new UntagRoleCommand({ RoleName: name, TagKeys: [...TagKeys] }))
        await iam.send(new TagRoleCommand({ RoleName: name, Tags: tagList(resource) }))
      }
      const PolicyDocument = JSON.stringify((config as RoleConfig).policy)
      await iam.send(new PutRolePolicyCommand({ RoleName: name, PolicyName: POLICY_NAME, PolicyDocument }))
      await undo(name, change.settings)
      await iam.send(new UpdateRoleCommand({ RoleName: name, Description: `${id} ${fingerprint}` }))
    },

    async remove({ live: { name } }) {
      await detach(name)
      await dropPolicies(name, [...(await otherPolicies(name)), POLICY_NAME])
      await unlessAbsent(iam.send(new DeleteRoleCommand({ RoleName: name })))
    },
  }

  async function attachedPolicies(RoleName: string): Promise<readonly string[]> {
    const policies = await pagesOf(async (Marker) => {
      const page = await unlessAbsent(iam.send(new ListAttachedRolePoliciesCommand({ RoleName, Marker })))
      return { items: page?.AttachedPolicies, next: page?.IsTruncated ? page.Marker : undefined }
    })
    return policies.map(({ PolicyArn = '' }) => PolicyArn).sort()
  }

  /** The names of inline policies beside attak's own. */
  async function otherPolicies(RoleName: string): Promise<readonly string[]> {
    const names = await pagesOf(async (Marker) => {
      const page = await unlessAbsent(iam.send(new ListRolePoliciesCommand({ RoleName, Marker })))
      return { items: page?.PolicyNames, next: page?.IsTruncated ? page.Marker : undefined }
    })
    return names.filter((name) => name !== POLICY_NAME).sort()
  }

  async function detach(RoleName: string) {
    for (const PolicyArn of await attachedPolicies(RoleName))
      await unlessAbsent(iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn })))
  }

  async function dropPolicies(RoleName: string, names: readonly string[]) {
    for (const PolicyName of names) await unlessAbsent(iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName })))
  }

  /** Takes back what was changed by hand beside the policy. */
  async function undo(RoleName: string, settings: readonly string[]) {
    const has = (setting: string) => settings.includes(setting)
    if (has('attachedPolicies')) await detach(RoleName)
    if (has('otherPolicies')) await dropPolicies(RoleName, await otherPolicies(RoleName))
    if (has('trust')) await iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument: TRUST }))
    if (has('boundary')) await unlessAbsent(iam.send(new DeleteRolePermissionsBoundaryCommand({ RoleName })))
    if (has('sessionSeconds')) await iam.send(new UpdateRoleCommand({ RoleName, MaxSessionDuration: SESSION_SECONDS }))
  }

  function tagList(resource: Resource) {
    return Object.entries(tagsOf(scope, resource)).map(([Key, Value]) => ({ Key, Value }))
  }

  async function create(resource: Resource) {
    try {
      await iam.send(
        new CreateRoleCommand({
          RoleName: resource.name,
          Path: path,
          AssumeRolePolicyDocument: TRUST,
          Description: resource.id,
          Tags: tagList(resource),
        }),
      )
    } catch (error) {
      if (!failedWith(error, 'EntityAlreadyExistsException', 'EntityAlreadyExists')) throw error
      await read(resource)
    }
  }
}

/** Returns all roles whose paths start so. */
export function rolesUnder(iam: IAMClient, PathPrefix: string): Promise<readonly Role[]> {
  return pagesOf(async (Marker) => {
    const page = await iam.send(new ListRolesCommand({ PathPrefix, MaxItems: 1000, Marker }))
    return { items: page.Roles, next: page.IsTruncated ? page.Marker : undefined }
  })
}

function documentOf(encoded: string | undefined): unknown {
  return encoded === undefined ? undefined : JSON.parse(decodeURIComponent(encoded))
}

function tagsIn(role: Role | undefined): Tags {
  return tagsOfPairs(role?.Tags)
}

/** Throws ROLE_NOT_FOUND where a role that was given, by its ARN, is not there. */
export async function requireRole(
  { place, clients: { iam } }: Pick<Account, 'place' | 'clients'>,
  arn: string,
): Promise<void> {
  // A role of another account cannot be asked for; Lambda says what it thinks of it.
  if (arn.split(':')[4] !== place.account) return
  const name = arn.slice(arn.lastIndexOf('/') + 1)
  if ((await unlessAbsent(iam.send(new GetRoleCommand({ RoleName: name })))) !== undefined) return
  throw new AttakError(
    'ROLE_NOT_FOUND',
    `there is no role ${arn}`,
    'Mend the name, make the role, or give none: then attak makes one for each processor.',
  )
}

function liveRole({ RoleName: name = '', Arn: address = '', Description = '' }: Role): LiveResource | undefined {
  const [, id, processor, fingerprint] = /^(role\/(\S+))(?: (.+))?$/.exec(Description) ?? []
  if (id === undefined || processor === undefined) return undefined
  return { id, kind: 'role', name, address, fingerprint, holdsData: false, processor }
}
