import type { Context } from 'attak'
import { type Counts, sumByName } from '../counts.ts'
import type { Tally } from '../messages.ts'

interface Outputs {
  person: { rank: number; person: string } & Counts
  repository: { rank: number; repository: string } & Counts
  total: { people: number; repositories: number } & Counts
}

const tallies = new Map<string, Tally>()

/** Waits for the tallies of all repositories that were asked about; then emits the busiest, and the sum of it all. */
export async function handler(tally: Tally, context: Context<Outputs>) {
  tallies.set(tally.repository, tally)
  if (tallies.size < tally.of) return
  const all = [...tallies.values()]
  tallies.clear()

  const people = sumByName(all.flatMap((each) => Object.entries(each.people)))
  for (const [index, [person, counts]] of people.slice(0, 5).entries()) {
    await context.emit('person', { rank: index + 1, person, ...counts })
  }
  const repositories = sumByName(all.map(({ repository, counts }) => [repository, counts]))
  for (const [index, [repository, counts]] of repositories.slice(0, 4).entries()) {
    await context.emit('repository', { rank: index + 1, repository, ...counts })
  }
  const [[, total] = []] = sumByName(all.map(({ counts }) => ['total', counts]))
  if (total) await context.emit('total', { people: people.length, repositories: all.length, ...total })
}
