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
    name: 'completion',
    summary: 'print a script that completes attak in your shell',
    load: async () => (await import('./commands/completion.ts')).completion,
  },
]
