import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { expect, it } from 'vitest'
import { folderOf } from './folder.ts'

const BIN = resolve('bin/attak.js')

function simulated({ loading = '', handling = '' }) {
  const dir = folderOf({
    'topology.mjs': `import fs from 'node:fs'
${loading}
export default { name: 't', processors: { async a(event, context) {
  ${handling}
  await new Promise((resolve) => setTimeout(resolve, 10))
  context.emit('x', event)
} }, input: [1, 2].map((event) => ({ to: 'a', event })) }`,
  })
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, 'simulate', '--json'], {
    cwd: dir,
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

it.each([
  'fs.closeSync(0)',
  'fs.closeSync(1)',
  'fs.closeSync(2)',
  'fs.close(1, () => {})',
  "fs.createWriteStream('', { fd: 1 }).end()",
])('code of a project cannot close a standard stream of attak: %s', (close) => {
  const usual = simulated({})
  expect(usual).toMatchObject({ status: 0, stderr: '' })
  expect(simulated({ loading: close })).toEqual(usual)
  expect(simulated({ handling: close })).toEqual(usual)
})
