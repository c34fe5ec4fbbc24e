import { expect, test } from 'vitest'
import type { Artifact } from '../../src/bundle/artifact.ts'
import { LIMITS, sizeProblems } from '../../src/bundle/limits.ts'
import { sizeReport } from '../../src/bundle/report.ts'

const artifact = (more: Partial<Artifact>): Artifact => ({
  hash: '',
  zipHash: '',
  handler: 'index.handler',
  processors: ['a'],
  zipBytes: 1024,
  unzippedBytes: 3072,
  sizes: [
    { part: 'zod', bytes: 2048 },
    { part: 'a.ts', bytes: 1024 },
  ],
  files: new Map(),
  zip: () => Promise.resolve(new Uint8Array()),
  ...more,
})

test('an artifact that Lambda does not accept is reported with its biggest parts', () => {
  expect(sizeProblems(artifact({ zipBytes: LIMITS.zipBytes, unzippedBytes: LIMITS.unzippedBytes }))).toEqual([])
  const large = artifact({
    processors: ['a', 'b'],
    zipBytes: LIMITS.zipBytes + 1,
    unzippedBytes: LIMITS.unzippedBytes + 1,
  })
  expect(sizeProblems(large)).toEqual([
    {
      code: 'BUNDLE_TOO_LARGE',
      severity: 'error',
      where: 'processors.a, processors.b',
      what: 'its artifact has 50.0 MB zipped, and Lambda accepts at most 50.0 MB; the biggest parts: zod 2.0 KB, a.ts 1.0 KB',
      remedy: 'Remove the biggest parts, or fetch large files when the function starts.',
    },
    expect.objectContaining({
      what: expect.stringContaining('250.0 MB unzipped, and Lambda accepts at most 250.0 MB'),
    }),
  ])
})

test('the report has a line for each artifact, the largest first', () => {
  const shared = artifact({ processors: ['b', 'c'], zipBytes: 2 * 1024 * 1024 })
  const all = new Map([
    ['a', artifact({})],
    ['b', shared],
    ['c', shared],
  ])
  expect(sizeReport(all)).toBe(
    [
      'b, c  2.0 MB zipped, 3.0 KB unzipped: zod 2.0 KB, a.ts 1.0 KB',
      'a     1.0 KB zipped, 3.0 KB unzipped: zod 2.0 KB, a.ts 1.0 KB',
      '',
    ].join('\n'),
  )
})
