import type { Artifact } from './artifact.ts'

const SHOWN_PARTS = 3

/**
 * Draws the sizes of artifacts, one line each, the largest first, with their largest parts: `reverse 5.1 KB zipped,
 * 14.9 KB unzipped: attak 12.0 KB, source map 1.2 KB, processors/reverse.ts 0.8 KB`
 */
export function sizeReport(artifacts: ReadonlyMap<string, Artifact>): string {
  const distinct = [...new Set(artifacts.values())].sort((a, b) => b.zipBytes - a.zipBytes)
  const names = distinct.map(({ processors }) => processors.join(', '))
  const width = Math.max(0, ...names.map((name) => name.length))
  const lines = distinct.map(({ zipBytes, unzippedBytes, sizes }, index) => {
    const parts = sizes.slice(0, SHOWN_PARTS).map(({ part, bytes }) => `${part} ${bytesText(bytes)}`)
    const sums = `${bytesText(zipBytes)} zipped, ${bytesText(unzippedBytes)} unzipped`
    return `${names[index]!.padEnd(width)}  ${sums}: ${parts.join(', ')}\n`
  })
  return lines.join('')
}

/** Draws bytes, by 1,024: `1536` as `1.5 KB`. */
export function bytesText(bytes: number): string {
  const mega = bytes / 1024 / 1024
  return mega >= 1 ? `${mega.toFixed(1)} MB` : `${(bytes / 1024).toFixed(1)} KB`
}
