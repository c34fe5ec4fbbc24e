import { readdir, readFile } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'

/** The languages a template comes in; each is a folder of it. */
export const LANGUAGES = ['typescript', 'javascript'] as const

/** One of {@link LANGUAGES}. */
export type Language = (typeof LANGUAGES)[number]

/** The templates of `attak init`, by name; each is a folder in `templates/`. The first is the default. */
export const TEMPLATES = {
  'hello-world': 'two processors and a stream: the smallest useful topology',
  orders: 'fan-out, fan-in, a schema, retries, and order per customer',
} as const satisfies Record<string, string>

/** The name of a template. */
export type TemplateName = keyof typeof TEMPLATES

/** The files of a new project by their path in it, with `/`: `{ 'processors/spout.ts': '…' }`. */
export type ProjectFiles = ReadonlyMap<string, string>

/** The placeholder for the project's name in templates. */
const NAME_IN_TEMPLATES = 'my-topology'

/** What {@link loadTemplate} copies and inserts. */
export interface TemplateOptions {
  /** The package of attak, which has the folder `templates`. */
  readonly root: string
  readonly template: TemplateName
  readonly language: Language
  /** The new topology's name. */
  readonly name: string
  /** The source of attak in the new project's package.json; by default the registry, at the running version. */
  readonly attak?: string
}

/** Reads the files of a new project, sorted by path: a template's, with the project's name, and `gitignore` dotted. */
export async function loadTemplate(options: TemplateOptions): Promise<ProjectFiles> {
  const dir = join(options.root, 'templates', options.template, options.language)
  const entries = (await readdir(dir, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())
  const files: [path: string, text: string][] = []
  for (const entry of entries) {
    const file = join(entry.parentPath, entry.name)
    const path = relative(dir, file)
      .split(sep)
      .join('/')
      .replace(/^gitignore$/, '.gitignore')
    // Files that a simulation of the template itself has left.
    if (path.startsWith('.attak/')) continue
    files.push([path, filled(path, await readFile(file, 'utf8'), options)])
  }
  return new Map(files.sort(([left], [right]) => (left < right ? -1 : 1)))
}

function filled(path: string, text: string, { name, attak }: TemplateOptions): string {
  if (path !== 'package.json') return text.replaceAll(NAME_IN_TEMPLATES, name)
  // npm takes no capitals in a package's name.
  const named = text.replaceAll(NAME_IN_TEMPLATES, name.toLowerCase())
  return attak === undefined ? named : named.replace(/("attak": )"[^"]*"/, `$1${JSON.stringify(attak)}`)
}
