import { AttakError } from '../../errors.ts'
import type { Command, CommandEntry } from '../command.ts'
import { drawBash, drawFish, drawZsh } from '../completion.ts'

const SHELLS = { bash: drawBash, zsh: drawZsh, fish: drawFish }

/** Prints the completions of one shell, made from the data of these commands. */
export function completionOf(entries: readonly CommandEntry[]): Command {
  return {
    name: 'completion',
    summary: 'print a completion script for your shell',
    arguments: [{ name: 'shell', summary: 'bash, zsh or fish', choices: Object.keys(SHELLS) }],
    options: [],
    notes: [
      'Install it:',
      "  bash  echo 'source <(attak completion bash)' >> ~/.bashrc",
      "  zsh   echo 'source <(attak completion zsh)' >> ~/.zshrc",
      '  fish  attak completion fish > ~/.config/fish/completions/attak.fish',
    ].join('\n'),
    examples: ['source <(attak completion bash)'],
    async run(args, host) {
      const shell = args.positionals[0]
      if (shell === undefined || !Object.hasOwn(SHELLS, shell)) {
        const what = shell === undefined ? 'which shell?' : `there are no completions for "${shell}"`
        throw new AttakError('USAGE', `attak completion: ${what}`, 'Name a shell: attak completion bash, zsh or fish.')
      }
      const commands = await Promise.all(entries.map((entry) => entry.load()))
      host.out.write(SHELLS[shell as keyof typeof SHELLS](commands))
      return 0
    },
  }
}
