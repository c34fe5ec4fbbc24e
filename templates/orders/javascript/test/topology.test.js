import { createTestDriver } from 'attak/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import topology from '../topology.js'

let driver
beforeEach(async () => {
  driver = await createTestDriver(topology)
})
afterEach(() => driver.close())

const order = {
  id: '1',
  customer: 'ada@example.com',
  card: 'valid',
  items: [{ sku: 'notebook', quantity: 6, cents: 450 }],
}

test('an order is paid and packed, and the customer receives a mail for each', async () => {
  await driver.send('intake', order)
  expect(driver.outputs.map(({ data }) => data)).toEqual([
    { to: 'ada@example.com', subject: 'Order 1: you paid 27.00' },
    { to: 'ada@example.com', subject: 'Order 1: packed in 2 boxes' },
  ])
})

test('a terminal that does not answer is asked again a little later', async () => {
  await driver.send('intake', { ...order, items: [{ sku: 'desk', quantity: 1, cents: 450_00 }] })
  expect(driver.processor('billing').emits).toEqual([])
  await driver.advance(500)
  expect(driver.processor('billing').emits).toMatchObject([{ topic: 'paid' }])
  expect(driver.errors).toEqual([])
})

test('an order that does not fit its schema goes nowhere', async () => {
  await driver.send('intake', { ...order, items: [] })
  expect(driver.outputs).toEqual([])
  expect(driver.errors).toMatchObject([{ processor: 'intake', error: { code: 'EVENT_REFUSED' } }])
})
