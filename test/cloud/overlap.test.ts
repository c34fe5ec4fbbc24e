import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { attak, projects } from './attak.ts'

const projectOf = projects()
const filesOf = (memory: number) => ({
  'package.json': JSON.stringify({ type: 'module', main: 'topology.js' }),
  'topology.js': `export default {
  name: 'overlap',
  memory: ${memory},
  processors: { a: (event, context) => context.emit('b', event), b: (event) => event, c: (event) => event },
  streams: [['a', 'b', 'b'], ['a', 'c', 'b']],
}
`,
})

test('of two deploys at once the later one wins, and the other one reports that it stopped', async () => {
  const [earlier, later] = [projectOf('earlier', filesOf(256)), projectOf('later', filesOf(512))]
  const first = attak(earlier, ['deploy', '--yes'])
  await sleep(2_500)
  const [one, two] = await Promise.all([first, attak(later, ['deploy', '--yes'])])
  expect([two.code, two.err]).toEqual([0, expect.any(String)])
  if (one.code !== 0) expect(one.err).toContain('[DEPLOY_OVERTAKEN]')
  expect(await attak(later, ['plan', '--exit-code', '--refresh'])).toMatchObject({ code: 0 })
  expect((await attak(later, ['destroy', '--yes'])).code).toBe(0)
})
