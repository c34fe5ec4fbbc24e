import { expect, test } from 'vitest'
import { projectFolder } from '../project/folder.ts'
import { simulateJson } from './spawned.ts'

const FILES = {
  'topology.mjs': `export default { name: 'w', input: { a: 1, b: 2 }, processors: { a: './a.cjs', b: './b.mjs' } }`,
  'a.cjs': `process.emitWarning('while loading')
    exports.handler = () => { new Buffer(5) }`,
  'b.mjs': `export const handler = () => {
    process.emitWarning('old', { code: 'OLD', detail: 'Use the new one.' })
    process.emitWarning('next')
  }`,
}

/** Returns the log lines of a simulation, and what it prints beside its transcript. */
function simulate(env: Record<string, string>, ...flags: string[]) {
  const { entries, stdout, stderr } = simulateJson(projectFolder(FILES), env, ...flags)
  const logs = entries.flatMap(({ kind, processor, level, text }) =>
    kind === 'log' ? [[processor, level, text.replace(/ Buffer\(\) .*/, '')]] : [],
  )
  return { logs, stdout, stderr }
}

test("warnings of Node are log lines without the process's id and Node's advice", { timeout: 60_000 }, () => {
  const source = simulate({})
  expect(source.logs).toEqual([
    ['a', 'error', '(node) [DEP0005] DeprecationWarning:'],
    ['b', 'error', '(node) [OLD] Warning: old\nUse the new one.'],
    ['b', 'error', '(node) Warning: next'],
  ])
  expect(source.stderr).toBe('(node) Warning: while loading\n')
  expect(simulate({})).toEqual(source)
  expect(simulate({}, '--built')).toEqual(source)
})

test('options of Node switch warnings off', { timeout: 60_000 }, () => {
  const texts = (env: Record<string, string>) => simulate(env).logs.map(([, , text]) => text)
  expect(texts({ NODE_NO_WARNINGS: '1' })).toEqual([])
  expect(texts({ NODE_OPTIONS: '--no-deprecation' })).toEqual([
    '(node) [OLD] Warning: old\nUse the new one.',
    '(node) Warning: next',
  ])
})
