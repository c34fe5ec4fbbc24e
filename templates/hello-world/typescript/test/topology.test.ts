import { createTestDriver } from 'attak/testing'
import { expect, test } from 'vitest'

test('every word of a line comes out back to front', async () => {
  const driver = await createTestDriver(new URL('../topology.ts', import.meta.url))
  await driver.send('spout', 'hello world')
  expect(driver.outputs.map(({ data }) => data)).toEqual(['olleh', 'dlrow'])
  await driver.close()
})
