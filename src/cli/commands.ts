import type { Command, CommandEntry, CommandGroup } from './command.ts'

/** Every command. Its code is loaded when the command is used. A test keeps name and summary equal to the command's. */
export const COMMANDS: readonly CommandEntry[] = [
  entry('Develop', 'init', 'create a new project', () => import('./commands/init.ts')),
  entry('Develop', 'simulate', 'run a topology on this machine', () => import('./commands/simulate.ts')),
  entry('Develop', 'run', 'run a topology as a service on this machine', () => import('./commands/run.ts')),
  entry('Develop', 'check', 'find problems in a topology without running it', () => import('./commands/check.ts')),
  entry('Develop', 'graph', 'draw a topology as text, Mermaid, DOT or JSON', () => import('./commands/graph.ts')),
  entry('Deploy', 'plan', 'show what a deploy would change and what it costs', () => import('./commands/plan.ts')),
  entry('Deploy', 'deploy', 'deploy a topology to AWS, or update it', () => import('./commands/deploy.ts')),
  entry(
    'Deploy',
    'destroy',
    'remove a topology from AWS or a broker, with its messages',
    () => import('./commands/destroy.ts'),
  ),
  entry(
    'Deploy',
    'doctor',
    'check what a deploy needs: tools, credentials, permissions',
    () => import('./commands/doctor.ts'),
  ),
  entry(
    'Deploy',
    'policy',
    'print the IAM policy for deploying, or for a processor',
    () => import('./commands/policy.ts'),
  ),
  entry(
    'Operate',
    'trigger',
    'send events to a topology that is deployed or runs',
    () => import('./commands/trigger.ts'),
  ),
  entry(
    'Operate',
    'status',
    'show the state of a topology that is deployed or runs',
    () => import('./commands/status.ts'),
  ),
  entry('Operate', 'logs', 'print the logs of deployed processors, merged by time', () => import('./commands/logs.ts')),
  entry('Operate', 'errors', 'list, show, replay and purge errors', () => import('./commands/errors.ts')),
  entry('Operate', 'why', 'show the path from an input to an error or a message', () => import('./commands/why.ts')),
  entry('Other', 'completion', 'print a completion script for your shell', completionOfAll),
]

async function completionOfAll() {
  const { completionOf } = await import('./commands/completion.ts')
  return { completion: completionOf(COMMANDS) }
}

function entry<Name extends string>(
  group: string,
  name: Name,
  summary: string,
  load: () => Promise<Readonly<Record<Name, Command | CommandGroup>>>,
): CommandEntry {
  return { group, name, summary, load: async () => (await load())[name] }
}
