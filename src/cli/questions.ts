import type { Readable } from 'node:stream'
import { Writable } from 'node:stream'
import { isCancel, select, text } from '@clack/prompts'
import { LANGUAGES, type Language, TEMPLATES, type TemplateName } from '../project/template.ts'
import type { Host } from './host.ts'

/** The answers that make a project. */
export interface ProjectAnswers {
  readonly folder: string
  readonly template: TemplateName
  readonly language: Language
}

/** Asks for what was not given, on the host's terminal (stderr). Undefined when the user breaks off. */
export async function askForProject(
  given: { readonly [K in keyof ProjectAnswers]: ProjectAnswers[K] | undefined },
  defaults: ProjectAnswers,
  host: Host,
): Promise<ProjectAnswers | undefined> {
  const terminal = { input: host.stdin as Readable, output: outputOf(host), signal: host.signal }
  const folder = given.folder ?? (await text({ ...terminal, ...FOLDER, ...defaultText(defaults.folder) }))
  if (isCancel(folder)) return undefined
  const template =
    given.template ?? (await select({ ...terminal, message: 'What to begin with?', options: TEMPLATE_OPTIONS }))
  if (isCancel(template)) return undefined
  const language =
    given.language ?? (await select({ ...terminal, message: 'In which language?', options: LANGUAGE_OPTIONS }))
  if (isCancel(language)) return undefined
  return { folder, template, language }
}

const FOLDER = { message: 'What is it called? (a folder of this name is made)' }
const TEMPLATE_OPTIONS = (Object.keys(TEMPLATES) as TemplateName[]).map((value) => ({ value, hint: TEMPLATES[value] }))
const LANGUAGE_OPTIONS = LANGUAGES.map((value) => ({ value }))

function defaultText(value: string) {
  return { placeholder: value, defaultValue: value }
}

function outputOf(host: Host): Writable {
  const output = new Writable({
    decodeStrings: false,
    write(chunk, _encoding, done) {
      host.err.write(String(chunk))
      done()
    },
  })
  return Object.assign(output, { isTTY: host.err.isTTY, columns: host.err.columns })
}
