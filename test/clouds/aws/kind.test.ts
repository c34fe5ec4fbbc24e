import { expect, it } from 'vitest'
import { kindOf, type Service, type Writing } from '../../../src/clouds/aws/kind.ts'
import { TAGS, type Tags, tagsOf } from '../../../src/clouds/aws/tags.ts'
import type { Resource } from '../../../src/graph/resource.ts'
import { writeOf } from '../../contract/cloud-resources.ts'

const SCOPE = { topology: 'orders', stage: 'dev' }
const BILL: Resource = {
  ...{ id: 'shelf/bill', kind: 'shelf', name: 'orders--dev--bill', needs: [], fixed: [], holdsData: false },
  config: { size: 3, tags: { team: 'money' } },
}
const OURS = tagsOf(SCOPE, BILL)
const LIVE = { id: BILL.id, kind: BILL.kind, name: BILL.name, address: 'arn:bill', holdsData: false }

/** A service that holds one thing at most, by its tags, and remembers which calls it got. */
function shelf(tags: Tags | undefined, own: Partial<Service> = {}) {
  const calls: string[] = []
  const writings: Writing[] = []
  const world = { tags }
  const service: Service = {
    async find() {
      calls.push('find')
      return world.tags && { name: BILL.name, address: 'arn:bill', tags: world.tags }
    },
    list: async () => (world.tags === undefined ? [] : [{ name: BILL.name, address: 'arn:bill', tags: world.tags }]),
    compare: async () => (world.tags === undefined ? undefined : { size: [3, 4], color: ['red', 'red'] }),
    status: async () => undefined,
    async create() {
      calls.push('create')
      world.tags = OURS
      return 'bare'
    },
    async update(writing) {
      calls.push('update')
      writings.push(writing)
      if (world.tags === undefined) throw absent()
    },
    async tag(_, tags) {
      calls.push(`tag ${tags[TAGS.config]}`)
      world.tags = { ...world.tags, ...tags }
    },
    async untag(_, keys) {
      calls.push(`untag ${keys}`)
      world.tags = Object.fromEntries(Object.entries(world.tags!).filter(([key]) => !keys.includes(key)))
    },
    async remove() {
      calls.push('remove')
      world.tags = undefined
      return true
    },
    pace: { firstMs: 1, maxMs: 1, withinMs: 1_000 },
    ...own,
  }
  return { kind: kindOf(SCOPE, service), calls, world, writings }
}

function absent(): Error {
  return Object.assign(new Error('gone'), { name: 'ResourceNotFoundException' })
}

it('creates what is missing, and writes the fingerprint last', async () => {
  const { kind, calls, world } = shelf(undefined)
  await kind.write(writeOf(BILL, { fingerprint: 'new' }))
  expect(calls).toEqual(['find', 'create', 'update', 'tag new'])
  expect(world.tags).toEqual({ ...OURS, [TAGS.config]: 'new' })
})

it('adopts an existing resource: removes its fingerprint first, writes everything, and removes unwanted tags', async () => {
  const { kind, calls, writings, world } = shelf({ ...OURS, old: 'tag', [TAGS.config]: 'old' })
  await kind.write(writeOf(BILL, { fingerprint: 'new' }))
  expect(calls).toEqual(['find', `untag ${TAGS.config}`, 'update', 'untag old', 'tag new'])
  expect(writings).toMatchObject([{ settings: [], live: { address: 'arn:bill' } }])
  expect(world.tags).toEqual({ ...OURS, [TAGS.config]: 'new' })
})

it('writes all settings if the resource differs from the plan, and names the planned ones', async () => {
  const { kind, writings } = shelf({ ...OURS, [TAGS.config]: 'other' })
  const live = { ...LIVE, fingerprint: 'planned' }
  await kind.write(writeOf(BILL, { kind: 'update', live, settings: ['size'] }))
  expect(writings).toMatchObject([{ settings: [], planned: ['size'] }])
})

it('refuses a resource without our tags, and does not change it', async () => {
  for (const tags of [{}, { ...OURS, [TAGS.stage]: 'prod' }, { ...OURS, [TAGS.resource]: 'shelf/other' }]) {
    const { kind, calls } = shelf(tags)
    await expect(kind.read(BILL)).rejects.toMatchObject({ code: 'RESOURCE_NOT_OURS' })
    await expect(kind.write(writeOf(BILL))).rejects.toMatchObject({ code: 'RESOURCE_NOT_OURS' })
    expect(calls).toEqual(['find', 'find'])
  }
})

it('looks again if a create does not report whether it created the resource', async () => {
  const made = (tags: Tags) => {
    const one = shelf(undefined, {
      async create() {
        one.calls.push('create')
        one.world.tags = tags
        return 'unsure'
      },
    })
    return one
  }
  const [strange, whole, half] = [made({}), made({ ...OURS, [TAGS.config]: 'new' }), made(OURS)]
  const change = writeOf(BILL, { fingerprint: 'new' })
  await expect(strange.kind.write(change)).rejects.toMatchObject({ code: 'RESOURCE_NOT_OURS' })
  await whole.kind.write(change)
  await half.kind.write(change)
  expect(strange.calls).toEqual(['find', 'create', 'find'])
  expect(whole.calls).toEqual(['find', 'create', 'find'])
  expect(half.calls).toEqual(['find', 'create', 'find', 'update', 'tag new'])
})

it('trusts a listing if a service allows that, and looks again if the resource is gone', async () => {
  const live = { ...LIVE, fingerprint: 'old' }
  const change = writeOf(BILL, { kind: 'update', live, fingerprint: 'new', settings: ['size'] })
  const there = shelf({ ...OURS, [TAGS.config]: 'old' }, { trustsListing: true })
  await there.kind.write(change)
  expect(there.calls).toEqual(['update', 'tag new'])
  const gone = shelf(undefined, { trustsListing: true })
  await gone.kind.write(change)
  expect(gone.calls).toEqual(['update', 'find', 'create', 'update', 'tag new'])
})

it('asks for a removal until the resource is gone', async () => {
  const answers = [Object.assign(new Error('busy'), { name: 'ResourceInUseException' }), false, absent()]
  const { kind } = shelf(OURS, {
    async remove() {
      const answer = answers.shift()
      if (answer instanceof Error) throw answer
      return answer === true
    },
  })
  await kind.remove({ kind: 'remove', id: BILL.id, live: { ...LIVE, fingerprint: 'old' }, reason: '' })
  expect(answers).toEqual([])
})

it('returns the settings that differ, and none for a missing resource', async () => {
  const live = { ...LIVE, fingerprint: 'old' }
  expect(await shelf(OURS).kind.inspect(BILL, live)).toEqual(['size'])
  expect(await shelf(undefined).kind.inspect(BILL, live)).toEqual([])
})

it('lists the resources with our tags', async () => {
  expect(await shelf(OURS).kind.list()).toMatchObject([{ ...LIVE, fingerprint: undefined }])
  expect(await shelf({ ...OURS, [TAGS.topology]: 'other' }).kind.list()).toEqual([])
})
