import { describeThrown, FRAME, type Thrown } from '../../runtime/thrown.ts'

/** Node itself, and what has no place. */
const PLACELESS = /[( ]node:|[( ]<anonymous>\)?$/
/** Where Lambda's own code for Node lies. Source: Lambda developer guide, "configuration-envvars", LAMBDA_RUNTIME_DIR, read 2026-11-21. */
const PLATFORM = 'file:///var/runtime/'

/**
 * Gives what describes errors of the code in the folder of `module` (a `file:` URL) as their owner should see them: frames in
 * their own code and their packages, with paths from that folder, which is that of the topology: as a simulation tells them.
 */
export function describerOf(module: string): (error: unknown) => Thrown {
  const { href, pathname } = new URL('.', module)
  // What runs around handlers. Files of users may be named alike, but what source maps tell of has no scheme.
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
