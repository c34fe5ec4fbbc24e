import { rmSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CASES } from './cases.ts'
import { installNode, installPackages, MAJORS, type Major } from './folder.ts'
import { FORMS } from './forms.ts'
import {
  type Cases,
  checked,
  deployed,
  type Emitted,
  nameOf,
  type Ran,
  simulated,
  type Told,
  unpacked,
  writeProject,
} from './run.ts'

/** `PACKAGES=lodash,sharp NODES=22` runs some alone. */
const [packages, nodes] = [process.env.PACKAGES?.split(','), process.env.NODES?.split(',')]
const MAJORS_MEANT = MAJORS.filter((major) => nodes?.includes(`${major}`) ?? true)
const GROUPS = Object.entries(CASES).flatMap(([group, all]): [string, Cases][] => {
  const meant = Object.entries(all).filter(([name]) => packages?.includes(name) ?? true)
  return meant.length === 0 ? [] : [[group, Object.fromEntries(meant)]]
})

interface Runs {
  readonly source: Promise<Ran>
  readonly built: Promise<Ran>
  readonly deployed: Promise<Emitted>
}

/** By package and version of Node. */
const runs = new Map<string, Runs>()
const folders: Promise<string>[] = []

// All is started at once, and programs wait for their turn.
beforeAll(() => {
  const folder = installPackages()
  const programs = new Map(MAJORS_MEANT.map((major) => [major, installNode(major)]))
  for (const [group, cases] of GROUPS) {
    const artifacts = unpacked(installNode(24), writeProject(folder, slug(group), cases))
    folders.push(artifacts)
    for (const [major, node] of programs) {
      const fitting = casesOn(major, cases)
      const project = writeProject(folder, `${slug(group)}-${major}`, fitting)
      const [source, built] = [simulated(node, project), simulated(node, project, '--built')]
      for (const name of Object.keys(fitting)) {
        const started = { source, built, deployed: artifacts.then((at) => deployed(node, at, name)) }
        runs.set(keyOf(name, major), started)
        for (const one of Object.values(started)) one.catch(() => {})
      }
    }
  }
})

afterAll(async () => {
  for (const made of await Promise.allSettled(folders))
    if (made.status === 'fulfilled') rmSync(made.value, { recursive: true, force: true })
})

describe.each(MAJORS_MEANT)('on Node %i, a processor does the same from its artifact, with', (major) => {
  for (const [group, cases] of GROUPS) {
    describe(group, () => {
      test.each(Object.keys(casesOn(major, cases)))('%s', async (name) => {
        const run = runs.get(keyOf(name, major))!
        const [source, built] = await Promise.all([run.source, run.built])
        const expected = source.emitted.get(name)!
        const values = FORMS.map((form) => expected[form])
        const works = FORMS.map(() => expect.objectContaining({ value: expect.anything() }))
        expect(values, source.said.slice(0, 5000)).toEqual(works)
        expect(built.emitted.get(name), built.said.slice(0, 5000)).toEqual(expected)
        expect(await run.deployed).toEqual(expected)
      })
    })
  }
})

// A project for each group: where a bundle fails, attak check has no warnings to report.
describe('attak check reports, in each form and with the remedy,', () => {
  for (const [group, cases] of GROUPS) {
    const reported = Object.entries(cases).filter(([, { remedy }]) => remedy !== undefined)
    if (reported.length === 0) continue
    let problems: Promise<readonly Told[]>
    beforeAll(() => {
      const written = Object.fromEntries(reported)
      const project = writeProject(installPackages(), `reported-${slug(group)}`, written, { asWritten: true })
      problems = checked(installNode(24), project)
    })

    test.each(reported)('%s', async (name, { remedy, isUnseen = false }) => {
      const found = await problems
      for (const form of FORMS) {
        const own = found.filter(({ where }) => where.includes(`"${nameOf(name, form)}"`))
        const said = own.some((one) =>
          remedy!.external.some((external) => one.remedy.includes(`external: ['${external}']`)),
        )
        expect(said, form).toBe(!isUnseen)
      }
    })
  }
})

function casesOn(major: Major, cases: Cases): Cases {
  return Object.fromEntries(Object.entries(cases).filter(([, { node = 20 }]) => node <= major))
}

function keyOf(name: string, major: Major): string {
  return `${name} ${major}`
}

function slug(name: string): string {
  return name.replaceAll(/\W+/g, '-')
}
