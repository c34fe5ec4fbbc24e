import about from '../../package.json' with { type: 'json' }
import { AttakError, errorOfSystem } from '../errors.ts'
import { colorsOf, drawBug, drawError } from '../view/print.ts'
import { errorOfChanged, tellChanged } from './built-ins.ts'
import { COMMANDS } from './commands.ts'
import type { Host } from './host.ts'
import { parseArguments } from './program.ts'
import type { Terminal } from './terminal.ts'

export { hostOf } from './host.ts'

/**
 * Runs one command line and returns its exit code: 0 success, 1 a problem that the user can fix, 2 wrong usage, 70 a
 * bug of attak.
 */
export async function main(argv: readonly string[], host: Host): Promise<number> {
  const plain = argv.includes('--no-color') ? withoutColor(host) : host
  let reported: unknown
  let code: number
  try {
    code = await run(argv, plain)
  } catch (error) {
    reported = error
    code = report(errorOfChanged(error, plain) ?? error, plain)
  }
  if (tellChanged(plain) && code === 0) code = 1
  await host.out.drained()
  await host.err.drained()
  const { failure } = host.out
  if (failure === undefined || failure === reported) return code
  const failed = report(errorOfChanged(failure, plain) ?? failure, plain)
  await host.err.drained()
  return failed
}

async function run(argv: readonly string[], host: Host): Promise<number> {
  const request = await parseArguments(argv, COMMANDS, { summary: about.description, version: about.version }, host.out)
  if (request.kind === 'run') return request.command.run(request.args, host)
  host.out.tell(request.text)
  return 0
}

function report(error: unknown, host: Host): number {
  const colors = colorsOf(host.err)
  const known = error instanceof AttakError ? error : errorOfSystem(error)
  if (known !== undefined) {
    host.err.tell(drawError(known, colors))
    return known.code === 'USAGE' ? 2 : 1
  }
  host.err.tell(drawBug(error, colors, about.version))
  return 70
}

/** The same host, its getters untouched: reading `signal` has a meaning. */
function withoutColor(host: Host): Host {
  const plain = (terminal: Terminal): Terminal => Object.create(terminal, { color: { value: false } })
  return Object.create(host, { out: { value: plain(host.out) }, err: { value: plain(host.err) } })
}
