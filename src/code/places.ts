import { relative, sep } from 'node:path'

/** The names of files that hold code, by their ending. */
export const CODE = /\.[cm]?[jt]sx?$/

/** The folder in which artifacts are run here, each in a folder that has the name of its processor. */
export const ARTIFACTS = 'attak-artifacts'

const IN_ARTIFACT = new RegExp(`[^\\s'"\`(]*[/\\\\]${ARTIFACTS}[/\\\\][\\w-]+[/\\\\]`, 'g')

/** Makes paths of files in artifacts that are run here relative to their artifact: the folder has another name each time. */
export function fromArtifact(text: string): string {
  return text.includes(ARTIFACTS) ? text.replaceAll(IN_ARTIFACT, '') : text
}

/** The remedy if code uses a file that its artifact lacks. */
export const LACKING =
  'The artifact does not have it: name the file in include, or the package that reads it in external.'

/** Returns a file's place in a mirror of `dir`; files outside `dir` are in a folder `_up`. */
export function placeIn(dir: string, file: string): string {
  const parts = relative(dir, file).split(sep)
  return parts.map((part) => (part === '..' ? '_up' : part)).join('/')
}
