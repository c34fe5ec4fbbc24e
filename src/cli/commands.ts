import type { Command, CommandEntry, CommandGroup } from './command.ts'

/** Every command. The code of one is loaded when it is asked for; a test holds name and summary equal to the command's. */
export const COMMANDS: readonly CommandEntry[] = [
  entry('init', 'make a new project', () => import('./commands/init.ts')),
  entry('simulate', 'run a topology here and tell what happens', () => import('./commands/simulate.ts')),
  entry('check', 'find all problems of a topology without running it', () => import('./commands/check.ts')),
  entry('graph', 'draw a topology as text, mermaid, dot or JSON', () => import('./commands/graph.ts')),
  entry('plan', 'say what a deploy would change, and what it costs', () => import('./commands/plan.ts')),
  entry(
    'deploy',
    'make a topology live on AWS, or bring what is live up to date',
    () => import('./commands/deploy.ts'),
  ),
  entry('trigger', 'feed events to the live topology', () => import('./commands/trigger.ts')),
  entry('status', 'show the state and counts of all that is live', () => import('./commands/status.ts')),
  entry('logs', 'print what deployed processors log, merged by time', () => import('./commands/logs.ts')),
  entry('errors', 'list, show, replay and purge what has failed', () => import('./commands/errors.ts')),
  entry('why', 'tell the way from the input to an error or a message', () => import('./commands/why.ts')),
  entry('destroy', 'remove all of a stage from AWS, with its messages', () => import('./commands/destroy.ts')),
  entry('doctor', 'say what deploying needs: what is there, what is missing', () => import('./commands/doctor.ts')),
  entry('policy', 'print the IAM policy for deploying, or for a processor', () => import('./commands/policy.ts')),
  entry('completion', 'print a script that completes attak in your shell', completionOfAll),
]

async function completionOfAll() {
  const { completionOf } = await import('./commands/completion.ts')
  return { completion: completionOf(COMMANDS) }
}

function entry<Name extends string>(
  name: Name,
  summary: string,
  load: () => Promise<Readonly<Record<Name, Command | CommandGroup>>>,
): CommandEntry {
  return { name, summary, load: async () => (await load())[name] }
}
