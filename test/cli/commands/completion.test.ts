import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { isGroup } from '../../../src/cli/command.ts'
import { COMMANDS } from '../../../src/cli/commands.ts'
import { attak } from '../fake-host.ts'

const NAMES = [...COMMANDS.map(({ name }) => name), 'help']

async function scriptFor(shell: string): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), 'attak-completion-'))
  const { out, code } = await attak(dir, ['completion', shell])
  expect(code).toBe(0)
  writeFileSync(join(dir, 'attak-completion'), out)
  writeFileSync(join(dir, 'topology.ts'), '')
  return dir
}

function completeInBash(dir: string, words: readonly string[]): readonly string[] {
  const run = [
    'source ./attak-completion',
    `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')})`,
    `COMP_CWORD=${words.length - 1}`,
    '_attak',
    `printf '%s\\n' "\${COMPREPLY[@]}"`,
  ].join('; ')
  return execFileSync('bash', ['-c', run], { cwd: dir, encoding: 'utf8' }).split('\n').filter(Boolean)
}

const missing = (shell: string) => spawnSync(shell, ['--version']).error !== undefined

describe.skipIf(missing('bash'))('in bash (skipped where there is no bash)', () => {
  test('the first word is a command', async () => {
    const dir = await scriptFor('bash')
    expect(completeInBash(dir, ['attak', ''])).toEqual([...NAMES, '--help', '--version'])
    expect(completeInBash(dir, ['attak', 'comp'])).toEqual(['completion'])
  })

  test('the choices of an argument are offered', async () => {
    const dir = await scriptFor('bash')
    expect(completeInBash(dir, ['attak', 'completion', 'z'])).toEqual(['zsh'])
    expect(completeInBash(dir, ['attak', 'help', 'comp'])).toEqual(['completion'])
  })

  test('the second word of a command group is a command, with its own flags', async () => {
    const dir = await scriptFor('bash')
    expect(completeInBash(dir, ['attak', 'errors', ''])).toEqual(['list', 'show', 'replay', 'purge', '--help'])
    expect(completeInBash(dir, ['attak', 'errors', 'replay', '--dry'])).toEqual(['--dry-run'])
    expect(completeInBash(dir, ['attak', 'errors', 'list', '--kind', ''])).toEqual(['failed', 'late', 'crash'])
  })

  test('flags are offered', async () => {
    const dir = await scriptFor('bash')
    expect(completeInBash(dir, ['attak', 'completion', '--'])).toEqual(['--no-color', '--help'])
  })
})

test.skipIf(missing('zsh'))('zsh reads its script (skipped where there is no zsh)', async () => {
  const dir = await scriptFor('zsh')
  const run = 'autoload -U compinit && compinit -D && source ./attak-completion && echo read'
  expect(execFileSync('zsh', ['-fc', run], { cwd: dir, encoding: 'utf8' })).toBe('read\n')
})

test.skipIf(missing('fish'))('fish completes commands (skipped where there is no fish)', async () => {
  const dir = await scriptFor('fish')
  const run = 'source ./attak-completion; complete -C "attak comp"'
  expect(execFileSync('fish', ['-c', run], { cwd: dir, encoding: 'utf8' })).toContain('completion')
})

test.each(['zsh', 'fish'])('the script for %s names every command and flag', async (shell) => {
  const { out } = await attak('.', ['completion', shell])
  for (const { name, load } of COMMANDS) {
    expect(out).toContain(name)
    const loaded = await load()
    for (const { flags } of isGroup(loaded) ? loaded.commands.flatMap(({ options }) => options) : loaded.options) {
      const long = /--([\w-]+)/.exec(flags)?.[1] ?? flags
      expect(out).toContain(shell === 'fish' ? `-l ${long}` : `--${long}`)
    }
  }
})

test('asks for one of three shells', async () => {
  expect((await attak('.', ['completion'])).err).toBe(
    '[USAGE] attak completion: which shell? Name a shell: attak completion bash, zsh or fish.\n',
  )
  expect(await attak('.', ['completion', 'tcsh'])).toMatchObject({ code: 2, out: '' })
})
