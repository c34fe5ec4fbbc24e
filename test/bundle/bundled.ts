import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { inflateRawSync } from 'node:zlib'
import type { Artifact } from '../../src/bundle/artifact.ts'
import { type BundledProject, bundleProject } from '../../src/bundle/bundle.ts'
import type { Problem } from '../../src/errors.ts'
import { modulesOf } from '../../src/project/handlers.ts'
import { loadProject } from '../../src/project/project.ts'
import { hasTelemetry } from '../../src/project/telemetry.ts'

/** Files of a project, by path. */
export type Files = Readonly<Record<string, string>>

/** Loads the project in `folder` as deploying does, and bundles it. */
export async function bundleFolder(folder: string, env: Files = {}): Promise<BundledProject> {
  const { file, dir, topology, graph } = await loadProject(folder, { cwd: folder, stage: 'dev' })
  const modules = modulesOf(topology.processors, dir)
  const telemetry = hasTelemetry(dir)
  return bundleProject({ file, topology, graph, modules, env, telemetry, host: 'lambda' })
}

/** The artifacts of a project that has no problems, by processor. */
export async function artifactsOf(folder: string, env: Files = {}): Promise<Record<string, Artifact>> {
  const { artifacts, problems } = await bundleFolder(folder, env)
  if (problems.some(({ severity }) => severity === 'error')) throw new Error(JSON.stringify(problems, undefined, 2))
  return Object.fromEntries(artifacts)
}

/** The problems of a project that cannot be bundled. */
export async function problemsOf(folder: string, env: Files = {}): Promise<readonly Problem[]> {
  const { artifacts, problems } = await bundleFolder(folder, env)
  if (artifacts.size > 0) throw new Error('there are artifacts')
  return problems
}

/** The files of an artifact as texts, by path. */
export async function textsOf(artifact: Artifact): Promise<ReadonlyMap<string, string>> {
  return new Map([...(await unzip(artifact))].map(([path, { contents }]) => [path, contents.toString()]))
}

/** Writes the files of an artifact into a folder, as Lambda does. */
export async function unpack(artifact: Artifact, folder: string): Promise<void> {
  for (const [path, { contents, mode }] of await unzip(artifact)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), contents, { mode })
  }
}

/** Runs a script beside the files of an artifact, and returns what it prints. */
export async function runBeside(
  artifact: Artifact,
  folder: string,
  script: string,
  ...flags: string[]
): Promise<string> {
  await unpack(artifact, folder)
  const argv = [...flags, '--input-type=module', '--eval', script]
  return execFileSync(process.execPath, argv, { cwd: folder, encoding: 'utf8', env: {} })
}

/** Reads a zip by its directory, which also has the modes. */
export async function unzip(artifact: Artifact): Promise<ReadonlyMap<string, { contents: Buffer; mode: number }>> {
  const zip = Buffer.from(await artifact.zip())
  const files = new Map<string, { contents: Buffer; mode: number }>()
  const end = zip.lastIndexOf('PK\x05\x06', undefined, 'latin1')
  let at = zip.readUInt32LE(end + 16)
  for (let count = zip.readUInt16LE(end + 10); count > 0; count--) {
    const method = zip.readUInt16LE(at + 10)
    const packedBytes = zip.readUInt32LE(at + 20)
    const [name, extra, comment] = [28, 30, 32].map((offset) => zip.readUInt16LE(at + offset)) as [
      number,
      number,
      number,
    ]
    const mode = (zip.readUInt32LE(at + 38) >>> 16) & 0o777
    const local = zip.readUInt32LE(at + 42)
    const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28)
    const body = zip.subarray(start, start + packedBytes)
    files.set(zip.toString('utf8', at + 46, at + 46 + name), {
      contents: method === 0 ? body : inflateRawSync(body),
      mode,
    })
    at += 46 + name + extra + comment
  }
  return files
}
