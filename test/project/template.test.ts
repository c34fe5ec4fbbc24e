import { expect, test } from 'vitest'
import { loadTemplate } from '../../src/project/template.ts'
import { folderOf } from '../cli/folder.ts'

test('leftovers of a simulation in a template are not copied to a new project', async () => {
  const root = folderOf({
    'templates/orders/javascript/gitignore': '.attak/\n',
    'templates/orders/javascript/topology.js': "export default { name: 'my-topology' }\n",
    'templates/orders/javascript/.attak/errors/_simulated/my-topology.jsonl': '{}\n',
  })
  const files = await loadTemplate({ root, template: 'orders', language: 'javascript', name: 'shop' })
  expect([...files.keys()]).toEqual(['.gitignore', 'topology.js'])
})
