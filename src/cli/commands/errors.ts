import type { CommandGroup } from '../command.ts'
import { list } from './errors/list.ts'
import { purge } from './errors/purge.ts'
import { replay } from './errors/replay.ts'
import { show } from './errors/show.ts'

/** Looks after what has failed. */
export const errors: CommandGroup = {
  name: 'errors',
  summary: 'list, show, replay and purge errors',
  commands: [list, show, replay, purge],
  notes: 'attak errors <command> --help shows the options of each command.',
  examples: [
    'attak errors list',
    'attak errors show 3fa1b2c4',
    'attak errors replay --all',
    'attak errors purge --all',
  ],
}
