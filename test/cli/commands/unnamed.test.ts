import { expect, test } from 'vitest'
import { attak } from '../fake-host.ts'
import { folderOf } from '../folder.ts'

const FILES = {
  'package.json': { name: '@shop/orders', type: 'module', main: 'index.js' },
  'topology.js':
    'export default { processors: { a: (event, context) => context.emit("t", context.topology) }, input: { a: 1 } }',
}
const WARNING = '[TOPOLOGY_UNNAMED] name: the topology has no name, so it takes the name of its package, "orders"'

test.each(['simulate', 'check', 'graph'])('%s takes the name of the package, with a warning', async (command) => {
  const { code, out, err } = await attak(folderOf(FILES), [command])
  expect(code).toBe(0)
  expect(out + err).toContain(WARNING)
  expect(out + err).toContain('"main" names "index.js", which does not exist; topology.js is run')
})

test.each(['plan', 'deploy', 'policy', 'trigger'])('%s requires a name in the topology', async (command) => {
  const { code, err } = await attak(folderOf(FILES), [command])
  expect(code).toBe(1)
  expect(err).toContain(WARNING)
  expect(err).toContain("Add name: 'orders'.")
})
