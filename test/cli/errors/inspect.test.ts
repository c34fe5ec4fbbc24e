import { once } from 'node:events'
import { expect, test } from 'vitest'
import { errorsFile, openFileStore, SIMULATED_PART } from '../../../src/stores/file/store.ts'
import { startInspected } from '../debugger.ts'
import { folderOf } from '../folder.ts'
import { failed, ORDERS } from './world.ts'

test('--inspect waits for a debugger, and pauses at the start of the handler', async () => {
  const folder = folderOf(ORDERS)
  openFileStore(errorsFile(folder, SIMULATED_PART, 'orders')).append([failed(1)])
  const argv = ['errors', 'replay', '--all', '--simulated', '--inspect', '0']
  const { child, out, err, debugger: inspector } = await startInspected(argv, folder)
  expect(err()).toContain('Attach a debugger')
  for (const method of ['Debugger.enable', 'Runtime.runIfWaitingForDebugger']) inspector.send(method)
  const nextFunction = async () => (await inspector.next('Debugger.paused')).params.callFrames[0].functionName
  expect(await nextFunction()).toBe('apply')
  expect(out()).toBe('')
  const stepped: string[] = []
  while (stepped.length < 3 && !stepped.includes('handler')) {
    inspector.send('Debugger.stepInto')
    stepped.push(await nextFunction())
  }
  expect(stepped.at(-1)).toBe('handler')
  inspector.send('Debugger.disable')
  // Node 20 crashes now and then where a debugger goes away in the middle of a handler.
  while (!out().includes('1 handled')) await once(child.stdout!, 'data')
  const closed = once(child, 'close')
  inspector.close()
  const [code] = await closed
  expect([code, out()]).toEqual([0, expect.stringContaining('1 handled')])
})
