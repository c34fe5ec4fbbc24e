import type { TranscriptEntry } from 'attak/testing'
import { account } from './accounts.ts'
import { type Case, hasShortTimeout, mayThrowUncaught } from './case.ts'
import type { CaseRun } from './child.ts'
import { compare } from './laws.ts'
import { type Expected, predict } from './model.ts'
import type { CaseRunner } from './runner.ts'

/** The most attempts that a case may take. */
export const MOST_ATTEMPTS = 120

/** Runs a case in several ways, and returns what differs from the model, and between the runs. */
export async function checkCase(subject: Case, runner: CaseRunner): Promise<string[]> {
  const expected = predict(subject, MOST_ATTEMPTS)
  if (expected === undefined) throw new Error('not a case of the generator')
  const stuck = hasShortTimeout(subject)
  const how = stuck ? 'driver' : 'simulate'
  const first = await runner.run({ subject, how, flags: [] })
  const again = await runner.run({ subject, how, flags: [] })
  const problems = [
    ...problemsOf(subject, expected, first),
    ...differences(linesOf(expected, first), linesOf(expected, again), 'a second run'),
  ]
  if (stuck) return problems
  // Fewer handlers at once change the order of the transcript alone. A test driver changes nothing, but it does not own the process.
  const flags = ['--concurrency', '2']
  const alone = mayThrowUncaught(subject)
  const other = await runner.run(alone ? { subject, how, flags } : { subject, how: 'driver', flags: [] })
  return [
    ...problems,
    ...problemsOf(subject, expected, other),
    ...(alone ? [] : differences(shared(linesOf(expected, first)), shared(linesOf(expected, other)), 'a driver')),
  ]
}

/**
 * The lines that `attak simulate` and a test driver both have. Paths in stacks are relative to different folders,
 * `attak simulate` escapes more characters, and late entries stand where a call to the driver ends.
 */
function shared(lines: readonly string[]): readonly string[] {
  return lines
    .filter((line) => !/^\{"kind":"(run|summary)"|after it had settled|late error/.test(line))
    .map((line) => JSON.stringify(JSON.parse(line)).replace(/,"stack":"(?:[^"\\]|\\.)*"/, ''))
}

function problemsOf(subject: Case, expected: Expected, run: CaseRun): string[] {
  if (run.failure !== undefined) return [run.failure]
  const entries = run.transcript.map((line) => JSON.parse(line) as TranscriptEntry)
  return [...compare(subject, expected, entries), ...account(subject, expected, run)]
}

/** The lines that two runs have in common: what a timer does after its handler has settled may come too late for a run. */
function linesOf({ attempts }: Expected, { transcript }: CaseRun): readonly string[] {
  if (attempts.every(({ late }) => late !== 'maybe')) return transcript
  return transcript.filter((line) => !/after it had settled|late error|^\{"kind":"summary"/.test(line))
}

function differences(first: readonly string[], second: readonly string[], what: string): string[] {
  const index = first.findIndex((line, at) => line !== second[at])
  if (index >= 0) return [`${what} has "${second[index]}" instead of "${first[index]}"`]
  return first.length === second.length ? [] : [`${what} has ${second.length} lines, not ${first.length}`]
}
