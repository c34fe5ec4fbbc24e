import { expect, test } from 'vitest'
import { attak } from './fake-host.ts'
import { folderOf } from './folder.ts'

test.each([
  ['simulate -e prod', '-e was --environment in attak 2017: use --stage.'],
  ['simulate -eprod', '-e was --environment in attak 2017: use --stage.'],
  ['simulate --environment=prod', '--environment was a flag of attak 2017: use --stage.'],
  ['simulate -j in.json', '-j was --inputFile in attak 2017: use --input.'],
  ['trigger --inputFile in.json', '--inputFile was a flag of attak 2017: use --input.'],
  ['trigger --input-file in.json', '--inputFile was a flag of attak 2017: use --input.'],
  ['deploy -m 128', '-m was --memorySize in attak 2017: set memory (megabytes) in the topology or on a processor.'],
  ['deploy -t 3', '-t was --timeout in attak 2017: set timeout (seconds) in the topology or on a processor.'],
  ['deploy -a KEY', '-a was --accessKey in attak 2017: set the variable AWS_ACCESS_KEY_ID, or use --profile.'],
  ['deploy -r eu-west-1', '-r was --region in attak 2017: use --region.'],
  ['simulate -r eu-west-1', '-r was --region in attak 2017: leave it out: this command does not have --region.'],
])('attak %s is refused with its new name', async (line, advice) => {
  const { code, err } = await attak('.', line.split(' '))
  expect(code).toBe(2)
  expect(err).toContain(` ${advice} See attak ${line.split(' ')[0]} --help.\n`)
})

test('a flag that attak never had gets no such answer', async () => {
  for (const flag of ['-z', '--enviro', '--region']) {
    expect((await attak('.', ['simulate', flag])).err).not.toContain('2017')
  }
})

const TOPOLOGY = `export default { name: 't', processors: { a: () => {} }, input: { a: 1 } }`

test('old variables are reported with their new names', async () => {
  const dotenv = 'AWS_ENVIRONMENT=prod\nAWS_MEMORY_SIZE=128\nINPUT_FILE=in.json\nAWS_DESCRIPTION=\n'
  const { code, err } = await attak(folderOf({ 'topology.mjs': TOPOLOGY, '.env': dotenv }), ['simulate'])
  expect(code).toBe(0)
  const what = 'attak does not read this variable: it was one of attak 2017.'
  expect(err.trimEnd().split('\n')).toEqual([
    `warning [TOPOLOGY_OLD_SETTING] .env: AWS_ENVIRONMENT: ${what} Set ATTAK_STAGE, or give --stage.`,
    `warning [TOPOLOGY_OLD_SETTING] .env: INPUT_FILE: ${what} Give --input, or name the file as input in the topology.`,
    `warning [TOPOLOGY_OLD_SETTING] .env: AWS_MEMORY_SIZE: ${what} Set memory (megabytes) in the topology or on a processor.`,
  ])
})

test('old variables are not reported if another setting replaces them', async () => {
  const folder = folderOf({ 'topology.mjs': TOPOLOGY, '.env': 'AWS_ENVIRONMENT=prod\n' })
  expect((await attak(folder, ['simulate', '--stage', 'prod'])).err).toBe('')
  expect((await attak(folder, ['check'], { env: { ATTAK_STAGE: 'prod' } })).err).toBe('')
})

test('a variable of the shell that other programs may read is not reported', async () => {
  const folder = folderOf({ 'topology.mjs': TOPOLOGY })
  const { err } = await attak(folder, ['simulate'], { env: { AWS_TIMEOUT: '3', AWS_ENVIRONMENT: 'prod' } })
  expect(err.match(/\[TOPOLOGY_OLD_SETTING\] [A-Z_]+/g)).toEqual(['[TOPOLOGY_OLD_SETTING] AWS_ENVIRONMENT'])
})
