import type { CommanderError, Command as Program } from 'commander'
import { nearest } from '../errors.ts'
import type { Command } from './command.ts'
import { shellWord } from './hint.ts'
import { oldFlagAdvice } from './old-flags.ts'

/** What a command line was refused for. */
export interface RefusedLine {
  readonly asked: Program
  readonly command: Command | undefined
  /** The command line. */
  readonly words: readonly string[]
}

/** Returns a sentence with the correction of a refused command line and a space behind it, or an empty text. */
export function adviceOn({ code, message }: CommanderError, { asked, command, words }: RefusedLine): string {
  const advice = adviceFor(code, message, { asked, command, words })
  return advice === undefined ? '' : `${advice} `
}

function adviceFor(code: string, message: string, { asked, command, words }: RefusedLine): string | undefined {
  if (code === 'commander.unknownOption') {
    const flags = asked.options.map((option) => option.flags)
    return oldFlagAdvice(/unknown option '([^']*)'/.exec(message)?.[1] ?? '', flags)
  }
  if (code === 'commander.invalidArgument') return meantChoice(message)
  return code === 'commander.excessArguments' ? sayExcess(asked, command, words) : undefined
}

/** The form of the message: `error: option '--kind <kind>' argument 'crush' is invalid. Allowed choices are failed, crash.` */
function meantChoice(message: string): string | undefined {
  const given = /argument '([^']*)' is invalid/.exec(message)?.[1] ?? ''
  const choices = /Allowed choices are ([^.]+)\.$/.exec(message)?.[1]?.split(', ') ?? []
  const short = choices.filter((choice) => isShortFor(given.toLowerCase(), choice))
  const meant = nearest(given, choices) ?? (short.length === 1 ? short[0] : undefined)
  return meant && `Did you mean ${meant}?`
}

/** Whether a text has the first letter and some of the others, in their order: `js` for `javascript`. */
function isShortFor(text: string, word: string): boolean {
  let at = 0
  for (const letter of word) if (letter === text[at]) at++
  return text !== '' && text[0] === word[0] && at === text.length
}

/** A text without quotes is several words. A command whose arguments are no path takes the project by an option. */
function sayExcess({ args }: Program, command: Command | undefined, words: readonly string[]): string | undefined {
  const excess = args[command?.arguments.length ?? 0]
  if (excess === undefined || command === undefined) return undefined
  for (const { flags } of command.options) {
    const [, flag] = /(--\w+) <text>$/.exec(flags) ?? []
    if (flag === undefined) continue
    const text = textAfter(flag, words)
    if (text.includes(excess)) return `Quote a text of several words: ${flag} ${shellWord(text.join(' '))}.`
  }
  const takesTopology = command.options.some(({ flags }) => flags.startsWith('--topology '))
  return takesTopology ? `Give the project by --topology ${shellWord(excess)}.` : undefined
}

/** The words from a flag to the next one. */
function textAfter(flag: string, words: readonly string[]): readonly string[] {
  const at = words.findIndex((word) => word === flag || word.startsWith(`${flag}=`))
  if (at === -1) return []
  const own = words[at] === flag ? [] : [words[at]!.slice(flag.length + 1)]
  const rest = words.slice(at + 1)
  const end = rest.findIndex((word) => word.startsWith('-'))
  return [...own, ...(end === -1 ? rest : rest.slice(0, end))]
}
