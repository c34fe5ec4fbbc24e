import type { Problem } from '../errors.ts'
import { placeOfProcessor } from '../topology/name.ts'
import type { Artifact } from './artifact.ts'
import { bytesText } from './report.ts'

/**
 * What Lambda takes: 50 MB zipped when uploaded directly, 250 MB unzipped; both are MiB.
 * Source: Lambda's guide, "Lambda quotas", read 2026-11-21.
 */
export const LIMITS = Object.freeze({ zipBytes: 50 * 1024 * 1024, unzippedBytes: 250 * 1024 * 1024 })

const BIGGEST = 3

/** Reports what is too large in an artifact for Lambda, and its largest parts. */
export function sizeProblems(
  { processors, zipBytes, unzippedBytes, sizes }: Pick<Artifact, 'processors' | 'zipBytes' | 'unzippedBytes' | 'sizes'>,
  limits = LIMITS,
): readonly Problem[] {
  const over = [
    ...(zipBytes > limits.zipBytes
      ? [`${bytesText(zipBytes)} zipped, and Lambda accepts at most ${bytesText(limits.zipBytes)}`]
      : []),
    ...(unzippedBytes > limits.unzippedBytes
      ? [`${bytesText(unzippedBytes)} unzipped, and Lambda accepts at most ${bytesText(limits.unzippedBytes)}`]
      : []),
  ]
  const biggest = sizes.slice(0, BIGGEST).map(({ part, bytes }) => `${part} ${bytesText(bytes)}`)
  return over.map((text) => ({
    code: 'BUNDLE_TOO_LARGE',
    severity: 'error',
    where: processors.map(placeOfProcessor).join(', '),
    what: `its artifact has ${text}; the biggest parts: ${biggest.join(', ')}`,
    remedy: 'Remove the biggest parts, or fetch large files when the function starts.',
  }))
}
