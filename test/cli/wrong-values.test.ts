import { expect, test } from 'vitest'
import { attak } from './fake-host.ts'

test.each([
  ['errors list --text not found', 'Quote a text of several words: --text "not found". '],
  ['errors list --text no such event --simulated', 'Quote a text of several words: --text "no such event". '],
  ['errors list --text=not found', 'Quote a text of several words: --text "not found". '],
  ['errors list --simulated orders', 'Give the project by --topology orders. '],
])('attak %s is refused with a suggestion', async (line, advice) => {
  const { code, err } = await attak('.', line.split(' '))
  expect(code).toBe(2)
  expect(err).toContain(`. ${advice}See attak errors list --help.\n`)
})

test.each([
  ['init -l js', 'Did you mean javascript? '],
  ['init --language ts', 'Did you mean typescript? '],
  ['init --language=JavaScript', 'Did you mean javascript? '],
  ['graph --format mermiad', 'Did you mean mermaid? '],
  ['errors list --kind crush', 'Did you mean crash? '],
  ['init --language cobol', ''],
])('attak %s is refused with the nearest choice', async (line, advice) => {
  const { code, err } = await attak('.', line.split(' '))
  expect(code).toBe(2)
  expect(err).toMatch(/Allowed choices are [a-z, ]+\. /)
  expect(err).toContain(`. ${advice}See attak`)
})
