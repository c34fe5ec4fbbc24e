import { basename, relative, resolve } from 'node:path'
import { AttakError } from '../../errors.ts'
import { createProject, requireEmpty } from '../../project/create.ts'
import { isFolder } from '../../project/modules.ts'
import { findOwnPackage } from '../../project/own-package.ts'
import { LANGUAGES, type Language, loadTemplate, TEMPLATES, type TemplateName } from '../../project/template.ts'
import { isName, moduleName, NAME_RULE, renameRemedy } from '../../topology/name.ts'
import { drawJsonLine } from '../../view/print.ts'
import { type Arguments, type Command, flagOf, JSON_OPTION, textOf } from '../command.ts'
import { shellWord } from '../hint.ts'
import { type Host, interruptCode } from '../host.ts'

const FOLDER = 'my-topology'
const LANGUAGE_NAMES: Readonly<Record<Language, string>> = { typescript: 'TypeScript', javascript: 'JavaScript' }
const TEMPLATE_NAMES = Object.keys(TEMPLATES) as TemplateName[]

interface Wish {
  /** Absolute. */
  readonly dir: string
  /** The topology's. */
  readonly name: string
  readonly template: TemplateName
  readonly language: Language
}

/** Makes a project from a template. Asks for missing values on a terminal; otherwise uses the defaults. */
export const init: Command = {
  name: 'init',
  summary: 'create a new project',
  arguments: [
    {
      name: 'name',
      summary: `the folder to create, which names the topology; . is this folder (default: ${FOLDER})`,
      path: true,
    },
  ],
  options: [
    {
      flags: '-t, --template <name>',
      summary: `the template (default: ${TEMPLATE_NAMES[0]})`,
      choices: TEMPLATE_NAMES,
    },
    { flags: '-l, --language <language>', summary: `the language (default: ${LANGUAGES[0]})`, choices: LANGUAGES },
    { flags: '-y, --yes', summary: 'do not ask; use the defaults' },
    JSON_OPTION,
  ],
  notes: ['Templates:', ...TEMPLATE_NAMES.map((name) => `  ${name.padEnd(12)} ${TEMPLATES[name]}`)].join('\n'),
  examples: ['attak init', 'attak init orders --template orders --language javascript', 'attak init . --yes'],
  async run(args, host) {
    const wish = await wishOf(args, host)
    if (wish === undefined) {
      host.err.tell('Created nothing.\n')
      return interruptCode(host.signal) ?? 1
    }
    const { dir, name } = wish
    const own = findOwnPackage()
    const attak = own.from === undefined ? {} : { attak: own.from }
    const files = await loadTemplate({ root: own.root, ...wish, ...attak })
    await createProject(dir, files)
    const made = { name, dir, template: wish.template, language: wish.language, files: [...files.keys()] }
    if (flagOf(args, 'json')) host.out.write(drawJsonLine(made))
    else host.out.tell(drawMade(made, host.cwd))
    return 0
  },
}

/**
 * Returns what to make. On a terminal, asks for what was not given; each question follows a valid answer to the
 * previous one.
 */
async function wishOf(args: Arguments, host: Host): Promise<Wish | undefined> {
  const silent = flagOf(args, 'yes') || flagOf(args, 'json') || !host.interactive
  const { askText, askChoice } = silent ? takeDefaults : await import('../questions.ts')
  const refusal = (folder: string) => refusalOf(folder, host.cwd)
  const folder = args.positionals[0] ?? (await askText('Name of the project and its folder?', FOLDER, refusal, host))
  if (folder === undefined) return undefined
  const place = await folderOf(folder, host.cwd)
  const template =
    (textOf(args, 'template') as TemplateName | undefined) ??
    (await askChoice('Which template?', TEMPLATE_NAMES, TEMPLATES, host))
  if (template === undefined) return undefined
  const language =
    (textOf(args, 'language') as Language | undefined) ?? (await askChoice('Which language?', LANGUAGES, {}, host))
  return language === undefined ? undefined : { ...place, template, language }
}

const takeDefaults: Pick<typeof import('../questions.ts'), 'askText' | 'askChoice'> = {
  askText: async (_message, defaultText) => defaultText,
  askChoice: async (_message, values) => values[0],
}

/** Returns what is wrong with an answer, as far as that is known without reading the folder. */
function refusalOf(folder: string, cwd: string): string | undefined {
  const dir = resolve(cwd, folder)
  if (isFolder(dir) || isName(basename(dir))) return undefined
  return `A name must ${NAME_RULE}. ${renameRemedy(basename(dir))}`
}

async function folderOf(folder: string, cwd: string): Promise<{ dir: string; name: string }> {
  const dir = resolve(cwd, folder)
  return { dir, name: topologyName(folder, dir, await requireEmpty(dir)) }
}

/** The folder's name; of one that was there before, the nearest name that is allowed. */
function topologyName(folder: string, dir: string, exists: boolean): string {
  const base = folder === '' ? '' : basename(dir)
  const name = exists ? moduleName(base).replace(/-{2,}/g, '-') : base
  if (isName(name)) return name
  const what = `a topology cannot be named "${base}": a name must ${NAME_RULE}`
  throw new AttakError('TOPOLOGY_INVALID', what, renameRemedy(base))
}

interface Made extends Wish {
  readonly files: readonly string[]
}

function drawMade({ name, dir, template, language, files }: Made, cwd: string): string {
  const path = relative(cwd, dir)
  const quoted = shellWord(path)
  const steps = [
    [`attak simulate${path === '' ? '' : ` ${quoted}`}`, 'run it; this needs no installation'],
    [path === '' ? 'npm install' : `cd ${quoted} && npm install`, 'install what its test and your editor need'],
    ['npm test', 'run its test'],
  ] as const
  const width = Math.max(...steps.map(([command]) => command.length))
  return [
    `Created ${path === '' ? name : `${quoted}/`} from ${template} (${LANGUAGE_NAMES[language]}): ${files.length} files.`,
    '',
    'Next:',
    ...steps.map(([command, why]) => `  ${command.padEnd(width)}   ${why}`),
    '',
  ].join('\n')
}
