import fc from 'fast-check'
import { afterAll, expect, it } from 'vitest'
import { checkCase, MOST_ATTEMPTS } from '../model/check.ts'
import { randomCase } from '../model/generate.ts'
import { openCaseRunner } from '../model/runner.ts'

const runner = openCaseRunner()
afterAll(() => runner.close())

/** `MODEL_CASES=2000 MODEL_SEED=7 npx vitest run --config test/vitest.config.ts test/simulator/model.property.test.ts` */
const { MODEL_CASES = '100', MODEL_SEED } = process.env
const options = { numRuns: Number(MODEL_CASES), ...(MODEL_SEED !== undefined && { seed: Number(MODEL_SEED) }) }

it('any topology handles each message as the docs promise, the same in each run', async () => {
  const property = fc.asyncProperty(randomCase(MOST_ATTEMPTS), async (subject) => {
    expect(await checkCase(subject, runner)).toEqual([])
  })
  await fc.assert(property, options)
}, 3_600_000)
