import { describe, expect, it } from 'vitest'
import { distrust, finalMark, isSettled, markFor, markText, parseMark } from '../../src/deploy/mark.ts'
import { plan } from '../../src/deploy/plan.ts'
import { stamped } from '../../src/graph/resource.ts'
import { KINDS, liveOf, MARKER, topologyOf } from '../contract/resources.ts'

const options = { kinds: KINDS, marker: MARKER, allowDataLoss: true }
const id = '01234567-89ab-cdef-0123-456789abcdef'
const wanted = topologyOf(['a'])
const writtenBy = (deployId: string, resources = wanted) =>
  resources.map((one) => {
    const live = liveOf(one)
    return { ...live, fingerprint: stamped(live.fingerprint!, deployId) }
  })

describe('a mark', () => {
  it('has the deploy, the digest of its result, and the changes in place', () => {
    const changed = plan(topologyOf(['a'], { memory: 1 }), writtenBy('before'), options)
    const mark = markFor(id, changed)
    expect(mark).toEqual({
      deployId: id,
      digest: expect.stringMatching(/^[0-9a-f]{16}$/),
      writes: [expect.any(String)],
    })
    expect(parseMark(markText(mark))).toEqual(mark)
  })

  it('fits a tag, with any number of changes', () => {
    for (const processors of [1, 24, 25, 100]) {
      const names = Array.from({ length: processors }, (_, index) => `p${index}`)
      const live = writtenBy('before', topologyOf(names))
      const mark = markFor(id, plan(topologyOf(names, { memory: 1 }), live, options))
      expect(markText(mark)).toMatch(/^[a-zA-Z0-9 .-]{1,256}$/)
      expect(mark.writes === 'all' ? 'all' : mark.writes.length).toBe(processors > 24 ? 'all' : processors)
    }
  })

  it('that cannot be read counts as a deploy that may have changed anything', () => {
    const live = writtenBy('before')
    expect(isSettled(live, { deploy: '' })).toBe(false)
    expect(distrust(live, { deploy: '' }).every(({ unsure }) => unsure)).toBe(true)
  })
})

describe('a stage', () => {
  it('is settled if it looks as the last deploy planned', () => {
    const deploy = markText(markFor(id, plan(wanted, [], options)))
    expect(isSettled(writtenBy(id), { deploy })).toBe(true)
    expect(isSettled(writtenBy(id).slice(1), { deploy })).toBe(false)
    expect(isSettled(writtenBy(id), {})).toBe(false)
    expect(isSettled(writtenBy(id), { deploy, overtaken: 'another' })).toBe(false)
  })

  it('is not settled if it only looks as it did before', () => {
    const back = plan(wanted, writtenBy('other', topologyOf(['a'], { memory: 1 })), options)
    expect(isSettled(writtenBy('before'), { deploy: markText(markFor(id, back)) })).toBe(false)
  })

  it('with a removal is settled only after the deploy reports its end', () => {
    const removing = plan(wanted, writtenBy(id, topologyOf(['a', 'b'])), options)
    expect(isSettled(writtenBy(id), { deploy: markText(markFor(id, removing)) })).toBe(false)
    expect(isSettled(writtenBy(id), { deploy: markText(finalMark(id, removing)) })).toBe(true)
  })

  it('has uncertain resources after a deploy that did not end: those that it changed in place', () => {
    const live = writtenBy('before')
    const changing = plan(topologyOf(['a', 'b'], { memory: 1 }), live, options)
    const unsure = distrust(live, { deploy: markText(markFor(id, changing)) }).filter((one) => one.unsure)
    expect(unsure.map((one) => one.id)).toEqual(['function/a'])
  })
})
