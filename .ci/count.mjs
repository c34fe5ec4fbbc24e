// Prints `N passed, N failed`, summed over the result files (vitest's JSON) in the folder it is given. A file of tests that
// could not be run counts as one failure. Fails when there are no results at all.
import { readdirSync, readFileSync } from 'node:fs'

const [, , dir] = process.argv
const files = readdirSync(dir).filter((name) => name.startsWith('results-'))
let passed = 0
let failed = 0
for (const name of files) {
  const { numPassedTests, testResults } = JSON.parse(readFileSync(`${dir}/${name}`, 'utf8'))
  passed += numPassedTests
  for (const { status, assertionResults } of testResults) {
    const failures = assertionResults.filter((result) => result.status === 'failed').length
    failed += status === 'failed' ? Math.max(1, failures) : failures
  }
}
process.stdout.write(`${passed} passed, ${failed} failed\n`)
if (files.length === 0 || failed > 0) process.exitCode = 1
