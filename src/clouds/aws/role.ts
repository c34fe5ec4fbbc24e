import {
  CreateRoleCommand,
  type CreateRoleCommandInput,
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
import type { JsonObject, Resource } from '../../graph/resource.ts'
import { unlessAbsent } from './failure.ts'
import { type Account, changes, type Kind, kindOf, statusOf, type Writing } from './kind.ts'
import { rolePath } from './names.ts'
import type { Policy } from './policies.ts'
import { pairsOfTags, type Seen, TAGS, tagPair, tagsOf, tagsOfPairs } from './tags.ts'

/** The wanted configuration of a role. */
export type RoleConfig = { readonly policy: Policy; readonly tags: JsonObject }

const POLICY_NAME = 'attak'
/** The session duration of a new role. Source: IAM API reference, CreateRole, read 2026-11-28. */
const SESSION_SECONDS = 3600

/** The principal that may assume a function's role: Lambda itself, in every partition. */
const TRUST = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
})

/**
 * Roles of functions, one for each processor without a given role. Listing roles returns no tags. So a role's path
 * identifies the stage, and its description contains the resource id and its fingerprint. IAM has no regions: path and
 * name contain the region. Source: IAM API reference, ListRoles, read 2026-11-21.
 */
export function roles({ scope, place, clients: { iam } }: Account): Kind {
  const path = rolePath(scope, place)
  /** Returns a role with the tags that its path and description stand for. */
  const seen = ({ RoleName: name = '', Arn: address = '', Path, Description = '', Tags }: Role, id?: string): Seen => {
    if (Path !== path) return { name, address, tags: {} }
    const [, described = id, fingerprint] = /^(role\/\S+)(?: (.+))?$/.exec(Description) ?? []
    const config = fingerprint === undefined ? {} : { [TAGS.config]: fingerprint }
    if (described === undefined) return { name, address, tags: {} }
    const processor = described.slice('role/'.length)
    const own = { id: described, processor, config: {} }
    return { name, address, tags: { ...tagsOfPairs(Tags), ...tagsOf(scope, own), ...config } }
  }
  return kindOf(scope, {
    async find({ name, id }) {
      const role = await roleOf(iam, name)
      return role && seen(role, id)
    },
    list: async () => (await rolesUnder(iam, path)).map((role) => seen(role)),
    async compare(resource) {
      const { name: RoleName, config } = resource
      const role = await roleOf(iam, RoleName)
      if (role === undefined) return undefined
      const answer = await unlessAbsent(iam.send(new GetRolePolicyCommand({ RoleName, PolicyName: POLICY_NAME })))
      return {
        policy: [(config as RoleConfig).policy, documentOf(answer?.PolicyDocument)],
        otherPolicies: [[], await otherPolicies(iam, RoleName)],
        attachedPolicies: [[], await attachedPolicies(iam, RoleName)],
        trust: [JSON.parse(TRUST), documentOf(role.AssumeRolePolicyDocument)],
        boundary: [undefined, role.PermissionsBoundary?.PermissionsBoundaryArn],
        sessionSeconds: [SESSION_SECONDS, role.MaxSessionDuration ?? SESSION_SECONDS],
        tags: tagPair(scope, resource, tagsOfPairs(role.Tags)),
      }
    },
    async status({ name }) {
      const role = await roleOf(iam, name)
      return role && statusOf('there', true, { lastUsed: role.RoleLastUsed?.LastUsedDate?.toISOString() })
    },
    create: ({ resource }) => create(iam, resource, { Path: path, Tags: pairsOfTags(tagsOf(scope, resource)) }),
    update: (writing) => update(iam, writing),
    async tag(writing, { [TAGS.config]: fingerprint, ...tags }) {
      const { name: RoleName, id } = writing.resource
      if (changes(writing, 'tags')) await iam.send(new TagRoleCommand({ RoleName, Tags: pairsOfTags(tags) }))
      await iam.send(new UpdateRoleCommand({ RoleName, Description: `${id} ${fingerprint}` }))
    },
    untag: ({ name: RoleName, id }, TagKeys) =>
      TagKeys.includes(TAGS.config)
        ? iam.send(new UpdateRoleCommand({ RoleName, Description: id }))
        : iam.send(new UntagRoleCommand({ RoleName, TagKeys })),
    async remove({ name }) {
      await detach(iam, name)
      await dropPolicies(iam, name, [...(await otherPolicies(iam, name)), POLICY_NAME])
      await iam.send(new DeleteRoleCommand({ RoleName: name }))
      return true
    },
  })
}

async function roleOf(iam: IAMClient, RoleName: string): Promise<Role | undefined> {
  return (await unlessAbsent(iam.send(new GetRoleCommand({ RoleName }))))?.Role
}

async function create(
  iam: IAMClient,
  { name: RoleName, id: Description }: Resource,
  parts: Pick<CreateRoleCommandInput, 'Path' | 'Tags'>,
): Promise<'bare' | 'unsure'> {
  try {
    await iam.send(new CreateRoleCommand({ RoleName, Description, AssumeRolePolicyDocument: TRUST, ...parts }))
    return 'bare'
  } catch (error) {
    if (!failedWith(error, 'EntityAlreadyExistsException', 'EntityAlreadyExists')) throw error
    return 'unsure'
  }
}

/** Writes the policy, and reverts manual changes beside it. */
async function update(iam: IAMClient, { planned, resource }: Writing): Promise<void> {
  const { name: RoleName, config } = resource
  const PolicyDocument = JSON.stringify((config as RoleConfig).policy)
  const has = (setting: string) => planned.includes(setting)
  await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: POLICY_NAME, PolicyDocument }))
  if (has('attachedPolicies')) await detach(iam, RoleName)
  if (has('otherPolicies')) await dropPolicies(iam, RoleName, await otherPolicies(iam, RoleName))
  if (has('trust')) await iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument: TRUST }))
  if (has('boundary')) await unlessAbsent(iam.send(new DeleteRolePermissionsBoundaryCommand({ RoleName })))
  if (has('sessionSeconds')) await iam.send(new UpdateRoleCommand({ RoleName, MaxSessionDuration: SESSION_SECONDS }))
}

async function attachedPolicies(iam: IAMClient, RoleName: string): Promise<readonly string[]> {
  const policies = await pagesOf(async (Marker) => {
    const page = await unlessAbsent(iam.send(new ListAttachedRolePoliciesCommand({ RoleName, Marker })))
    return { items: page?.AttachedPolicies, next: page?.IsTruncated ? page.Marker : undefined }
  })
  return policies.map(({ PolicyArn = '' }) => PolicyArn).sort()
}

/** The names of inline policies beside attak's own. */
async function otherPolicies(iam: IAMClient, RoleName: string): Promise<readonly string[]> {
  const names = await pagesOf(async (Marker) => {
    const page = await unlessAbsent(iam.send(new ListRolePoliciesCommand({ RoleName, Marker })))
    return { items: page?.PolicyNames, next: page?.IsTruncated ? page.Marker : undefined }
  })
  return names.filter((name) => name !== POLICY_NAME).sort()
}

async function detach(iam: IAMClient, RoleName: string): Promise<void> {
  for (const PolicyArn of await attachedPolicies(iam, RoleName))
    await unlessAbsent(iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn })))
}

async function dropPolicies(iam: IAMClient, RoleName: string, names: readonly string[]): Promise<void> {
  for (const PolicyName of names) await unlessAbsent(iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName })))
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

/** Throws ROLE_NOT_FOUND where a role that was given, by its ARN, is not there. */
export async function requireRole(
  { place, clients: { iam } }: Pick<Account, 'place' | 'clients'>,
  arn: string,
): Promise<void> {
  // A role of another account cannot be read; Lambda checks it.
  if (arn.split(':')[4] !== place.account) return
  const name = arn.slice(arn.lastIndexOf('/') + 1)
  if ((await roleOf(iam, name)) !== undefined) return
  throw new AttakError(
    'ROLE_NOT_FOUND',
    `there is no role ${arn}`,
    'Correct the name, create the role, or set none: then attak creates one for each processor.',
  )
}
