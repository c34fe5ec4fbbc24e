import { expect, it } from 'vitest'
import { attak } from '../cli/fake-host.ts'
import { projectFolder } from '../project/folder.ts'
import { drive } from './drive.ts'

// Which calls of Node a stack has depends on what woke the handler, and so on the speed of the machine.
const FAILING = `
export default {
  name: 'failing',
  processors: {
    async a(event) {
      await new Promise((resolve) => setTimeout(resolve, event))
      await fail()
    },
  },
  input: [{ to: 'a', event: 1 }, { to: 'a', event: 2 }],
}

async function fail() {
  throw new TypeError('no')
}
`

it("has the lines of attak simulate --json, with stacks of the user's code only", async () => {
  const folder = projectFolder({ 'package.json': '{ "type": "module" }', 'topology.js': FAILING })
  const driver = await drive(folder)
  await driver.sendAll([
    { to: 'a', event: 1 },
    { to: 'a', event: 2 },
  ])
  const { out } = await attak(folder, ['simulate', '--json'])
  const simulated = out.trim().split('\n').slice(1, -1)
  expect(driver.transcript.map((entry) => JSON.stringify(entry))).toEqual(simulated)
  const stack = 'TypeError: no\n    at fail (topology.js:14:9)\n    at a (topology.js:7:13)'
  expect(driver.errors.map(({ record }) => record.error.stack)).toEqual([stack, stack])
})
