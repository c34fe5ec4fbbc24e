import { readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { nearest, type Problem } from '../errors.ts'
import type { Topology } from '../topology/topology.ts'
import { problemAt } from './events.ts'
import type { JsonFault } from './json.ts'
import { isFolder } from './modules.ts'
import { messageOf } from './problems.ts'
import { cleanStack } from './stack.ts'

/** A file that could be the input is not, because of another one. */
export function notRead(name: string, because: string): Problem {
  return {
    code: 'INPUT_AMBIGUOUS',
    severity: 'warning',
    where: name,
    what: `is not read: ${because}`,
    remedy: `Remove one of them, or choose with --input ${name}.`,
  }
}

/** `input.json` is no file. */
export function noFile(name: string): Problem {
  return {
    code: 'INPUT_INVALID',
    severity: 'error',
    where: name,
    what: 'is a folder, a pipe, a socket or a device',
    remedy: 'Put a regular file there, or give the input with --input FILE.',
  }
}

/** A file of events is plain text, going by the ending of its name. */
export function plainText(name: string, ending: string): Problem {
  const remedy = 'Add --lines to send each line as an event. If it holds JSON, name it .json or .jsonl.'
  return problemAt(name, { what: `a ${ending} file holds plain text`, remedy })
}

/** A file of events is no JSON. `first` is a processor for the example. */
export function notJson(
  name: string,
  { line, column, what, excerpt, kind }: JsonFault,
  first: string | undefined,
): Problem {
  if (kind === 'empty') {
    const remedy = `Write events, such as { ${JSON.stringify(first ?? 'processor')}: "hello" }, or [] for none.`
    return problemAt(name, { what: 'the file is empty', remedy })
  }
  const place = `${name}:${line}:${column}`
  // For other formats, the message contains the remedy.
  if (kind === 'foreign')
    return problemAt(place, { what, remedy: what.startsWith('not UTF-8') ? 'Save the file as UTF-8.' : '' })
  const remedy = kind === 'second' ? MANY_VALUES : 'Correct it there.'
  return problemAt(place, { what: `${what}\n${excerpt}`, remedy })
}

const MANY_VALUES = 'Correct it there, or name the file .jsonl if each line holds one JSON value.'

/** A file of events names a processor twice. */
export function repeatedEvent(name: string, { line, column, what, excerpt }: JsonFault): Problem {
  const remedy = 'Write a list to send several events to one processor: [{ "to": …, "event": … }].'
  return problemAt(`${name}:${line}:${column}`, { what: `${what}\n${excerpt}`, remedy })
}

/** The code that makes events threw. */
export function failed(where: string, error: unknown, cwd: string): Problem {
  const stack = cleanStack(error, cwd)
  const problem = problemAt(where, { what: `failed: ${messageOf(error)}`, remedy: 'Fix the code that threw.' })
  return stack === undefined ? problem : { ...problem, stack }
}

/** There is no file at `path`, which the user calls `name`. */
export function missingFile(path: string, name: string): Problem {
  const neighbours = isFolder(dirname(path)) ? readdirSync(dirname(path)) : []
  const meant = nearest(basename(path), neighbours)
  const what = isFolder(path) ? 'is a folder, not a file of events' : 'there is no such file'
  const remedy =
    isFolder(path) || meant === undefined
      ? 'Give a .json or .jsonl file, or - for stdin.'
      : `Did you mean "${join(dirname(name), meant)}"?`
  return { code: 'INPUT_NOT_FOUND', severity: 'error', where: name, what, remedy }
}

/** A run without any input. */
export function noInput({ processors, streams, sources = [] }: Topology): Problem {
  const [source] = sources
  if (source !== undefined) {
    return {
      ...{ code: 'INPUT_NOT_FOUND', severity: 'error', where: 'input' },
      what: 'there is no input, and a simulation serves no sources',
      remedy: `Run the topology with attak run. Or write an input.json such as { "${source.name}": { } }, with an event as the source makes it.`,
    }
  }
  const first = processors.find(({ name }) => !streams.some(({ to }) => to === name)) ?? processors[0]
  return {
    code: 'INPUT_NOT_FOUND',
    severity: 'error',
    where: 'input',
    what: 'there is no input: no --input, none in the topology, and no input.json',
    remedy: `Write an input.json such as { "${first?.name}": "hello" }, or give --input FILE, or --input - for lines from stdin.`,
  }
}
