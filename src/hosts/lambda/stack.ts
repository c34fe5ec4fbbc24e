import { describeThrown, FRAME, type Thrown } from '../../runtime/thrown.ts'

/** Node itself, and what has no place. */
const PLACELESS = /[( ]node:|[( ]<anonymous>\)?$/
/**
 * The folder of Lambda's code for Node. Source: Lambda developer guide, "configuration-envvars", LAMBDA_RUNTIME_DIR,
 * read 2026-11-21.
 */
const PLATFORM = 'file:///var/runtime/'

/**
 * Returns a function that describes errors of the code in the folder of `module` (a `file:` URL) for the user. Its
 * stacks contain the user's code and packages only, with paths relative to the topology's folder, as in a simulation.
 */
export function describerOf(module: string): (error: unknown) => Thrown {
  const { href, pathname } = new URL('.', module)
  // The code around handlers. Users may have files with the same names, but positions from source maps have no scheme.
  const around = [href, PLATFORM].flatMap((folder) => [`${folder}attak.mjs:`, `${folder}index.mjs:`])
  const isNobodys = (frame: string) => PLACELESS.test(frame) || around.some((file) => frame.includes(file))
  const folder = decodeURIComponent(pathname)
  return (error) => {
    const { stack, ...thrown } = describeThrown(error)
    if (stack === undefined) return thrown
    const lines = stack.split('\n').filter((line) => !FRAME.test(line) || !isNobodys(line))
    return { ...thrown, stack: lines.map((line) => (FRAME.test(line) ? shortened(line, folder) : line)).join('\n') }
  }
}

function shortened(frame: string, folder: string): string {
  return frame.replace(/(?<=[( ])file:\/\//, '').replace(folder, '')
}
