import { PLACE_SETTINGS, type SettingName } from '../project/setting-list.ts'
import { withoutPassword } from '../runtime/address.ts'
import { type Arguments, textOf } from './command.ts'

/** How a command line named its project and place: a hint to another command repeats it. */
export interface Given {
  /** The topology's file or folder, as it was written. */
  readonly path?: string
  /** `broker` has no password; it is empty for the address of the setting. */
  readonly flags: Readonly<Partial<Record<Flag, string>>>
}

/** Writes a command line of attak, such as `errors list`, for the same project and place. */
export type Hint = (words: string) => string

type Flag = 'name' | SettingName

const FLAGS: readonly Flag[] = ['name', ...PLACE_SETTINGS, 'broker']

/** The flags of commands that do not take all of them. */
const TAKEN: Readonly<Record<string, readonly Flag[]>> = {
  ...{ deploy: PLACE_SETTINGS, plan: PLACE_SETTINGS, policy: PLACE_SETTINGS, logs: ['name', ...PLACE_SETTINGS] },
  ...{ trigger: [...PLACE_SETTINGS, 'broker'], run: ['stage', 'broker'], simulate: ['stage'], check: [] },
}

/** Commands whose arguments are ids: they take the project by `--topology`. */
const BY_TOPOLOGY: ReadonlySet<string> = new Set(['errors', 'why'])

const USUAL_STAGE = 'dev'

/**
 * Reads how a command line names its project and place. The path is its first argument. `stage` is the stage that it means,
 * which a variable may have set.
 */
export function givenOf(args: Arguments, stage = USUAL_STAGE): Given {
  const [path] = args.positionals
  const unusual = stage === USUAL_STAGE ? {} : { stage }
  const said = FLAGS.flatMap((flag) => {
    const text = flag === 'broker' ? brokerIn(args) : textOf(args, flag)
    return text === undefined ? [] : [[flag, text]]
  })
  return { ...(path !== undefined && path !== '' && { path }), flags: { ...unusual, ...Object.fromEntries(said) } }
}

function brokerIn(args: Arguments): string | undefined {
  const url = textOf(args, 'broker')
  if (url !== undefined) return withoutPassword(url)
  return args.options.broker === true ? '' : undefined
}

/** Returns the same for workers of a broker: with the flag, even if it was the setting that gave the address. */
export function givenOnBroker({ flags, ...given }: Given): Given {
  return { ...given, flags: { ...flags, broker: flags.broker ?? '' } }
}

/**
 * Returns what writes command lines that work when a user types them where this command ran: `attak errors list --simulated
 * --topology words`. Words with spaces are quoted for a shell.
 */
export function hintOf({ path, flags }: Given): Hint {
  return (words) => {
    const [command = ''] = words.split(' ')
    const place = path?.startsWith('-') ? `./${path}` : path
    const byTopology = BY_TOPOLOGY.has(command) ? ['--topology'] : []
    // The errors of what ran here are here, wherever the stage lives.
    const taken = / --(?:simulated|run)\b/.test(words) ? (['name', 'stage'] as const) : (TAKEN[command] ?? FLAGS)
    const said = taken.flatMap((flag) => {
      const value = flags[flag]
      if (value === undefined) return []
      return value === '' ? [`--${flag}`] : [`--${flag}`, shellWord(value)]
    })
    return ['attak', words, ...(place === undefined ? [] : [...byTopology, shellWord(place)]), ...said].join(' ')
  }
}

/** Returns a text as one word of a shell, quoted if it must be. */
export function shellWord(text: string): string {
  if (/^[\w./@:,+%=-]+$/.test(text)) return text
  return /["$`!]|\\$|\\\\/.test(text) ? `'${text.replaceAll("'", `'\\''`)}'` : `"${text}"`
}
