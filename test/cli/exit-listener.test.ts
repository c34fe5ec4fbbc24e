import { once } from 'node:events'
import { expect, it } from 'vitest'
import { folderOf } from './folder.ts'
import { attak, start } from './spawned.ts'

const topologyOf = (load: string, handler = '') => ({
  'topology.mjs': `${load}
export default { name: 't', timeout: 1, processors: { a() { ${handler} } }, input: { a: 1 } }`,
})

it.each(['process.exitCode = 0', 'process.exit(0)', 'process.exit()', 'process.reallyExit(process.exitCode = 0)'])(
  'a listener for the end of the process does not change the code that attak ends with: %s',
  (code) => {
    const load = `process.on('exit', () => { ${code} })`
    expect(attak(folderOf(topologyOf(load, "throw new Error('no')")), 'simulate').code).toBe(1)
    expect(attak(folderOf(topologyOf(load, 'process.exit(3)')), 'simulate').code).toBe(1)
    expect(attak(folderOf(topologyOf(load)), 'simulate').code).toBe(0)
    const failing = load.replace('= 0', '= 3').replace('(0)', '(3)')
    expect(attak(folderOf(topologyOf(failing)), 'simulate').code).toBe(0)
  },
)

it('a signal ends a listener for the end of the process that loops', async () => {
  const load = "process.on('exit', () => { process.stderr.write('looping'); for (;;) {} })"
  const { child, until } = start(folderOf(topologyOf(load)), 'simulate')
  await until('err', 'looping')
  const ended = once(child, 'exit')
  child.kill('SIGINT')
  expect(await ended).toEqual([null, 'SIGINT'])
})
