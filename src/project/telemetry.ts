import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { TELEMETRY_PACKAGE, type Telemetry } from '../runtime/spans.ts'
import { fieldsOf } from '../runtime/text.ts'
import { isFile } from './modules.ts'
import { packageFolderOf } from './packages.ts'

/**
 * Whether a project uses OpenTelemetry: the package.json nearest to its folder lists the API as a dependency, and it is
 * installed. A dependency of another package does not count, because the user did not ask for spans then.
 */
export function hasTelemetry(dir: string): boolean {
  return dependsOn(dir, TELEMETRY_PACKAGE) && packageFolderOf(dir, TELEMETRY_PACKAGE) !== undefined
}

/** Returns the project's instance of the API; undefined if it has none. */
export async function loadTelemetry(dir: string): Promise<Telemetry | undefined> {
  if (!hasTelemetry(dir)) return undefined
  const file = createRequire(join(dir, 'package.json')).resolve(TELEMETRY_PACKAGE)
  return (await import(pathToFileURL(file).href)) as Telemetry
}

function dependsOn(dir: string, name: string): boolean {
  const manifest = nearestManifest(dir)
  const lists = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies']
  return lists.some((list) => name in (fieldsOf(manifest?.[list]) ?? {}))
}

function nearestManifest(dir: string): Readonly<Record<string, unknown>> | undefined {
  for (let at = dir; ; at = dirname(at)) {
    try {
      const manifest = join(at, 'package.json')
      if (isFile(manifest)) return fieldsOf(JSON.parse(readFileSync(manifest, 'utf8')))
    } catch {
      // One that is no JSON is reported where the project is found.
      return undefined
    }
    if (at === dirname(at)) return undefined
  }
}
