import { describe, expect, it } from 'vitest'
import { acceptanceOf, openAcceptance, whenSettled } from '../../src/runtime/acceptance.ts'

describe('an acceptance', () => {
  it('is a promise on request, before and after it is settled', async () => {
    const accepted = openAcceptance()
    const before = accepted.then(() => 'accepted')
    accepted.accept()
    expect([await before, await accepted]).toEqual(['accepted', undefined])
    const refused = openAcceptance()
    refused.refuse(new Error('full'))
    await expect(refused).rejects.toThrow('full')
    expect(await refused.catch(({ message }) => message)).toBe('full')
  })

  it('is settled once', async () => {
    const acceptance = openAcceptance()
    acceptance.accept()
    acceptance.refuse(new Error('too late'))
    expect(acceptance).toMatchObject({ isSettled: true, refused: undefined })
    await acceptance
  })

  it('notifies its waiters after the code that awaited it', async () => {
    const acceptance = openAcceptance()
    const told: string[] = []
    const handler = async () => {
      await acceptance
      told.push('a handler that awaited it')
    }
    const careful = async () => {
      await Promise.all([acceptance, acceptance])
      told.push('one that awaited several')
    }
    const both = [handler(), careful()]
    const waiting = new Promise<void>((resolve) => {
      whenSettled(acceptance, () => {
        told.push('who waits')
        resolve()
      })
    })
    acceptance.accept()
    await Promise.all([...both, waiting])
    expect(told).toEqual(['a handler that awaited it', 'one that awaited several', 'who waits'])
  })

  it('follows a foreign promise, one for each promise', async () => {
    const promise = Promise.reject(new Error('no'))
    const acceptance = acceptanceOf(promise)
    expect(acceptanceOf(promise)).toBe(acceptance)
    expect(acceptanceOf(acceptance)).toBe(acceptance)
    await new Promise<void>((resolve) => whenSettled(acceptance, resolve))
    expect(acceptance.refused).toEqual({ error: new Error('no') })
  })
})
