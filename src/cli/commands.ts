import type { CommandEntry } from './command.ts'

/** Every command. The code of one is loaded when it is asked for; a test holds name and summary equal to the command's. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'init',
    summary: 'make a new project',
    load: async () => (await import('./commands/init.ts')).init,
  },
  {
    name: 'simulate',
    summary: 'run a topology here and tell what happens',
    load: async () => (await import('./commands/simulate.ts')).simulate,
  },
  {
    name: 'check',
    summary: 'find all problems of a topology without running it',
    load: async () => (await import('./commands/check.ts')).check,
  },
  {
    name: 'graph',
    summary: 'draw a topology as text, mermaid, dot or JSON',
    load: async () => (await import('./commands/graph.ts')).graph,
  },
  {
    name: 'plan',
    summary: 'say what a deploy would change, and what it costs',
    load: async () => (await import('./commands/plan.ts')).plan,
  },
  {
    name: 'deploy',
    summary: 'make a topology live on AWS, or bring what is live up to date',
    load: async () => (await import('./commands/deploy.ts')).deploy,
  },
  {
    name: 'trigger',
    summary: 'feed events to the live topology',
    load: async () => (await import('./commands/trigger.ts')).trigger,
  },
  {
    name: 'status',
    summary: 'show the state and counts of all that is live',
    load: async () => (await import('./commands/status.ts')).status,
  },
  {
    name: 'logs',
    summary: 'print what deployed processors log, merged by time',
    load: async () => (await import('./commands/logs.ts')).logs,
  },
  {
    name: 'errors',
    summary: 'list, show, replay and purge what has failed',
    load: async () => (await import('./commands/errors.ts')).errors,
  },
  {
    name: 'why',
    summary: 'tell the way from the input to an error or a message',
    load: async () => (await import('./commands/why.ts')).why,
  },
  {
    name: 'destroy',
    summary: 'remove all of a stage from AWS, with its messages',
    load: async () => (await import('./commands/destroy.ts')).destroy,
  },
  {
    name: 'doctor',
    summary: 'say what deploying needs: what is there, what is missing',
    load: async () => (await import('./commands/doctor.ts')).doctor,
  },
  {
    name: 'policy',
    summary: 'print the IAM policy for deploying, or for a processor',
    load: async () => (await import('./commands/policy.ts')).policy,
  },
  {
    name: 'completion',
    summary: 'print a script that completes attak in your shell',
    load: async () => (await import('./commands/completion.ts')).completion,
  },
]
