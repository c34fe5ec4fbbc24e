import { defineTopology } from 'attak'
import { createTestDriver, type TestDriver } from 'attak/testing'
import * as z from 'zod'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
function holds<_Claim extends true>(): void {}

const topology = defineTopology({
  name: 't',
  processors: {
    spout: (_event: string) => undefined,
    count: { input: z.object({ n: z.coerce.number<string>() }), handler: (_event: { n: number }) => undefined },
    file: './processors/file',
  },
})

// The type of a defined topology has its processors and their events.
const typed = await createTestDriver(topology, { replace: { spout: () => undefined } })
await typed.send('spout', 'x', { key: 'k' })
await typed.send('file', { anything: 1 })
await typed.send('file')
// @ts-expect-error a number is not a text
await typed.send('spout', 1)
// @ts-expect-error the event is missing
await typed.send('spout')
// @ts-expect-error no processor has that name
await typed.send('spuot', 'x')
// @ts-expect-error no processor has that name
typed.processor('spuot')
// @ts-expect-error no processor has that name
await createTestDriver(topology, { replace: { spuot: () => undefined } })
const { events } = typed.processor('spout')
holds<Equal<typeof events, readonly string[]>>()
const { events: counted } = typed.processor('count')
holds<Equal<typeof counted, readonly { n: string }[]>>()

// So does its type, beside a path.
const named = await createTestDriver<typeof topology>('./topology.ts')
// @ts-expect-error no processor has that name
named.processor('spuot')

// A path alone, or a topology as a plain value, allows any name.
const plain: TestDriver[] = [
  await createTestDriver('./topology.ts'),
  await createTestDriver(new URL('./topology.ts', import.meta.url)),
  await createTestDriver({ name: 't', processors: { a: () => undefined } }),
  typed,
]
await plain[0]?.send('anything', 1)
const [first] = plain[0]?.processor('anything').events ?? []
first.length
