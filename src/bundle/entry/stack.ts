import { describeThrown, type Thrown } from '../../runtime/thrown.ts'

const FRAME = /^\s+at /
/** Node itself, what has no place, and what runs around handlers: the entry, and attak's own code. */
const NOBODYS = /[( ]node:|<anonymous>|[/\\](?:attak|index)\.mjs:\d/

/**
 * Gives what describes errors of the code in the folder of `module` (a `file:` URL) as their owner should see them: frames in
 * their own code and their packages, with paths from that folder, which is that of the topology: as a simulation tells them.
 */
export function describerOf(module: string): (error: unknown) => Thrown {
  const folder = decodeURIComponent(new URL('.', module).pathname)
  return (error) => {
    const { stack, ...thrown } = describeThrown(error)
    if (stack === undefined) return thrown
    const lines = stack.split('\n').filter((line) => !FRAME.test(line) || !NOBODYS.test(line))
    return { ...thrown, stack: lines.map((line) => (FRAME.test(line) ? shortened(line, folder) : line)).join('\n') }
  }
}

function shortened(frame: string, folder: string): string {
  return frame.replace(/(?<=[( ])file:\/\//, '').replace(folder, '')
}
