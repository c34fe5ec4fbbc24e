import { describe, expect, test } from 'vitest'
import { COMMANDS } from '../../src/cli/commands.ts'
import { attak } from './fake-host.ts'

describe('attak', () => {
  test('prints the same help without arguments, with --help and with help', async () => {
    const bare = await attak('.', [])
    expect(bare.code).toBe(0)
    expect(bare.err).toBe('')
    expect(bare.out).toContain('Usage: attak <command> [options]')
    for (const { name, summary } of COMMANDS) expect(bare.out).toMatch(new RegExp(`^ +${name} +${summary}$`, 'm'))
    expect(await attak('.', ['--help'])).toEqual(bare)
    expect(await attak('.', ['help'])).toEqual(bare)
  })

  test('--version prints only the version', async () => {
    expect(await attak('.', ['--version'])).toEqual({
      code: 0,
      out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
      err: '',
    })
  })

  test('a command of a group has two words', async () => {
    const bare = await attak('.', ['errors'])
    expect(bare).toMatchObject({ code: 0, err: '', out: expect.stringContaining('Usage: attak errors <command>') })
    expect(await attak('.', ['errors', '--help'])).toEqual(bare)
    expect((await attak('.', ['help', 'errors', 'list'])).out).toContain('Usage: attak errors list ')
    expect(await attak('.', ['errors', 'lst'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('Did you mean "attak errors list"?'),
    })
    expect(await attak('.', ['errors', 'list', '--kind', 'crush'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('Allowed choices are failed, late, crash'),
    })
  })

  test('help of a command is its --help', async () => {
    for (const { name } of COMMANDS) {
      const help = await attak('.', ['help', name])
      expect(help.code).toBe(0)
      expect(help.out).toContain(`Usage: attak ${name} `)
      expect(help).toEqual(await attak('.', [name, '--help']))
    }
  })

  test('suggests the nearest command', async () => {
    expect(await attak('.', ['completon'])).toMatchInlineSnapshot(`
      {
        "code": 2,
        "err": "[USAGE] attak: there is no command "completon". Did you mean "attak completion"? See attak --help.
      ",
        "out": "",
      }
    `)
    expect((await attak('.', ['help', 'zzzzzzz'])).err).toBe(
      '[USAGE] attak: there is no command "zzzzzzz". See attak --help.\n',
    )
  })

  test('suggests the nearest option', async () => {
    expect((await attak('.', ['completion', '--no-colour'])).err).toBe(
      "[USAGE] attak completion: unknown option '--no-colour'. Did you mean --no-color? See attak completion --help.\n",
    )
  })

  test('refuses more arguments than a command takes', async () => {
    const { code, err } = await attak('.', ['completion', 'bash', 'zsh'])
    expect(code).toBe(2)
    expect(err).toMatch(/^\[USAGE\] attak completion: too many arguments/)
  })
})

describe('the table of commands', () => {
  test('has the name and summary of each command', async () => {
    for (const { name, summary, load } of COMMANDS) {
      const command = await load()
      expect({ name: command.name, summary: command.summary }).toEqual({ name, summary })
    }
  })

  test.each([80, 100])('help fits a terminal of %i columns, and fills the lines of its notes', async (columns) => {
    for (const { name } of COMMANDS) {
      const { out } = await attak('.', [name, '--help'], { columns })
      expect(out.split('\n').filter((line) => line.length > columns)).toEqual([])
    }
    const { out } = await attak('.', ['errors', 'purge', '--help'], { columns })
    const [first = '', second = ''] = out.slice(out.indexOf('Shows what it will remove')).split('\n')
    expect(`${first} ${second.split(' ')[0]}`.length).toBeGreaterThan(columns)
  })

  test('every command has an example that starts with attak and names the command', async () => {
    for (const { load } of COMMANDS) {
      const { name, examples } = await load()
      expect(examples.length).toBeGreaterThan(0)
      for (const example of examples) expect(example).toMatch(new RegExp(`attak ${name}\\b`))
    }
  })
})
