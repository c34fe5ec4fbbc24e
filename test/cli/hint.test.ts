import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { COMMANDS } from '../../src/cli/commands.ts'
import { givenOf, hintOf, shellWord } from '../../src/cli/hint.ts'
import { parseArguments } from '../../src/cli/program.ts'
import { attak, fakeHost } from './fake-host.ts'
import { folderOf } from './folder.ts'

const TOPOLOGY = `export default { name: 'orders', processors: { bill: () => { throw new Error('no stock') } }, input: { bill: 1 } }\n`
const EVERYTHING = {
  path: 'my shop',
  flags: { name: 'orders', stage: 'qa', region: 'eu-west-1', profile: 'work', endpoint: 'http://localhost:4566' },
}

const wordsOf = (command: string) =>
  JSON.parse(
    execFileSync('sh', ['-c', `node -e 'console.log(JSON.stringify(process.argv.slice(1)))' -- ${command}`], {
      encoding: 'utf8',
    }),
  ) as string[]

test.each([
  'errors list',
  'errors show 3fa1',
  'why 3fa1',
  'errors replay --all --simulated',
  'status',
  'logs',
  'deploy',
  'plan',
  'trigger',
  'simulate',
  'check',
])('a hint to %s is a valid command line, with the project and place of the command before', async (words) => {
  const argv = wordsOf(hintOf(EVERYTHING)(words).replace(/^attak /, ''))
  const request = await parseArguments(argv, COMMANDS, { summary: '', version: '' }, fakeHost('/').out)
  expect(request.kind).toBe('run')
  expect(argv).toContain('my shop')
})

test('a hint has only options that were given', () => {
  expect(hintOf(givenOf({ positionals: [undefined], options: {} }, 'dev'))('errors list')).toBe('attak errors list')
})

test('a shell reads any quoted text as one word', () => {
  const text = fc.string({ unit: fc.constantFrom(...' ab-$`"\'\\!*?~;&|<>(){}[]#='), minLength: 1 })
  fc.assert(
    fc.property(fc.array(text, { minLength: 1 }), (texts) => {
      expect(wordsOf(texts.map(shellWord).join(' '))).toEqual(texts)
    }),
    { numRuns: 10 },
  )
})

test.each(['words', 'my shop', '-dashed', join('words', 'topology.mjs')])(
  'the next commands that simulate, errors list and errors show of %s print work',
  async (path) => {
    const folder = folderOf({})
    const dir = path.endsWith('.mjs') ? 'words' : path
    mkdirSync(join(folder, dir))
    writeFileSync(join(folder, dir, 'topology.mjs'), TOPOLOGY)
    const given = path.startsWith('-') ? ['--', path] : [path]
    const told = [(await attak(folder, ['simulate', '--quiet', ...given], { date: Date.now })).out]
    const typed: string[] = []
    const hints = () =>
      told.join('').matchAll(/attak ((?:errors (?:list|show)|why)[^,\n]*? --topology (?:"[^"]*"|\S+?))(?=[,\s]|$)/g)
    for (let round = 0; round < 3; round++) {
      for (const [, command] of [...hints()]) {
        if (typed.includes(command!)) continue
        typed.push(command!)
        const argv = wordsOf(command!.replace('ID', (await idIn(folder, dir)).slice(0, 8)))
        const { code, out, err } = await attak(folder, argv)
        expect({ argv, code, err }).toEqual({ argv, code: 0, err: '' })
        told.push(out)
      }
    }
    expect(typed.length).toBeGreaterThan(1)
  },
)

async function idIn(folder: string, path: string): Promise<string> {
  const { out } = await attak(folder, ['errors', 'list', '--simulated', `--topology=${path}`, '--json'])
  return (JSON.parse(out) as { id: string }[])[0]!.id
}
