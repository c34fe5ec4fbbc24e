import type { Option } from './command.ts'
import { settingOption } from './project.ts'

/** Which stage of a topology, and where: options of every command that talks to a cloud. */
export const STAGE_OPTIONS: readonly Option[] = [
  settingOption('stage', 'name'),
  settingOption('region', 'region'),
  settingOption('profile', 'name'),
  settingOption('endpoint', 'url'),
]

/** Addresses what is live without its project. */
export const NAME_OPTION: Option = {
  flags: '--name <topology>',
  summary: 'the name of a live topology; no project is loaded then',
}

/** What a plan may do, and how closely it looks. */
export const PLAN_OPTIONS: readonly Option[] = [
  settingOption('role', 'arn'),
  { flags: '--refresh', summary: 'look at what every resource is really like, and undo what was changed by hand' },
  { flags: '--sizes', summary: 'say what every artifact holds, by size; else only of those beyond 1 MB' },
  { flags: '--allow-data-loss', summary: 'also remove what is no longer wanted and holds messages, errors or logs' },
]

/** Answers the question whether to go on. */
export const YES_OPTION: Option = { flags: '-y, --yes', summary: 'ask nothing; what loses data still needs its flag' }
