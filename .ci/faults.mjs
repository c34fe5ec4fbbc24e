// Runs the rounds of test/cloud/faults.test.ts: `npm run test:faults -- 200` so many of them, `-- 1 17` the one of seed 17.
import { startVitest } from 'vitest/node'

const [, , rounds = '5', seed = '1'] = process.argv
if (![rounds, seed].every((text) => /^[1-9]\d*$/.test(text))) {
  process.stderr.write('Usage: npm run test:faults -- [rounds [first seed]]\n')
  process.exit(2)
}
Object.assign(process.env, { FAULT_ROUNDS: rounds, FAULT_SEED: seed })
const vitest = await startVitest('test', ['test/cloud/faults.test.ts'], {
  config: 'test/cloud/vitest.config.ts',
  watch: false,
})
await vitest.close()
