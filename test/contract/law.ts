import { afterAll, expect, it } from 'vitest'

/** A law that something does not keep, and why that is right. */
export interface Skip {
  readonly test: string
  readonly reason: string
}

/** What one run of a law works with, and what ends it. */
interface World {
  close(): Promise<void> | void
}

/** How the laws of a contract are run. */
export interface LawParts<Own extends World> {
  /** Makes a world for one law. */
  readonly make: () => Promise<Own> | Own
  readonly skips: readonly Skip[]
  /** Waits for a law; a world with its own clock moves it meanwhile. */
  readonly run?: (world: Own, law: Promise<void>) => Promise<void>
}

/** Returns what makes a test of a law, each in its own world. A skip's reason shows in the test's name. */
export function lawsIn<Own extends World>({ make, skips, run = (_, law) => law }: LawParts<Own>) {
  const laws: string[] = []
  afterAll(() => {
    const unknown = skips.filter(({ test }) => !laws.includes(test))
    expect(unknown, 'skips of laws that the contract does not have').toEqual([])
  })
  return (sentence: string, law: (world: Own) => Promise<void>): void => {
    laws.push(sentence)
    const skip = skips.find(({ test }) => test === sentence)
    const said = skip === undefined ? sentence : `${sentence} (not so: ${skip.reason})`
    const test = async () => {
      const world = await make()
      try {
        await run(world, law(world))
      } finally {
        await world.close()
      }
    }
    it.skipIf(skip !== undefined)(said, test)
  }
}
