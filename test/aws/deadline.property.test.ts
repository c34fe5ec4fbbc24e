import fc from 'fast-check'
import { expect, it } from 'vitest'
import { answerWith, endsWithin, scriptedServer, type Trouble } from '../contract/scripted-server.ts'

const ANSWER: Trouble = { kind: 'answer' }

const WITHIN_MS = 60
/** Fires after the call's own timer, which is set before and is shorter, however slow the machine is. */
const REFERENCE_MS = 1.5 * WITHIN_MS

const afterMs = fc.constantFrom(0, 0.3, 0.8).map((part) => part * WITHIN_MS)
const trouble: fc.Arbitrary<Trouble> = fc.oneof(
  fc.record({ kind: fc.constantFrom('answer', 'hang', 'hang in the answer', 'drip') }),
  fc.record({ kind: fc.constantFrom('reset', 'reset in the answer'), afterMs }),
)

it('a call and its second try end in time, whatever happens to the connections', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(trouble, { minLength: 1, maxLength: 4 }), async (script) => {
      // Answered once, so that the next call has a connection that was kept.
      const { client, close } = await scriptedServer((request, response, place) =>
        answerWith([ANSWER, ...script][place] ?? { kind: 'hang' }, '1', request, response),
      )
      const call = (withinMs: number) =>
        client.call({ service: 'sqs', region: 'eu-west-1', headers: {}, body: '{}', withinMs })
      try {
        expect(await call(30_000)).toMatchObject({ ok: true })
        for (let calls = 0; calls < script.length; calls++) {
          const result = call(WITHIN_MS)
          expect(await endsWithin(result, REFERENCE_MS)).toBe(true)
          const { ok, ...said } = await result
          if (!ok) expect(said).toMatchObject({ passing: true })
        }
      } finally {
        close()
      }
    }),
    {
      numRuns: 25,
      examples: [[[{ kind: 'reset', afterMs: 0.8 * WITHIN_MS }, { kind: 'hang' }]], [[{ kind: 'drip' }]]],
    },
  )
})
