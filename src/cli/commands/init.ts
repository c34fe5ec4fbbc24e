import { basename, relative, resolve } from 'node:path'
import { AttakError } from '../../errors.ts'
import { createProject, requireEmpty } from '../../project/create.ts'
import { findOwnPackage } from '../../project/own-package.ts'
import { LANGUAGES, type Language, loadTemplate, TEMPLATES, type TemplateName } from '../../project/template.ts'
import { isName, moduleName, NAME_RULE, renameRemedy } from '../../topology/name.ts'
import { type Arguments, type Command, flagOf, JSON_OPTION, textOf } from '../command.ts'
import type { Host } from '../host.ts'
import { drawJsonLine } from '../print.ts'

const TEMPLATE_NAMES = Object.keys(TEMPLATES) as TemplateName[]

/** What is to be made; `folder` as the user gave it, relative to where they are. */
interface Wish {
  readonly folder: string
  readonly template: TemplateName
  readonly language: Language
}

const DEFAULTS: Wish = { folder: 'my-topology', template: 'hello-world', language: 'typescript' }

/** Makes a project from a template: asks for what was not given where someone can answer, else takes the defaults. */
export const init: Command = {
  name: 'init',
  summary: 'make a new project',
  arguments: [
    {
      name: 'name',
      summary: `the folder to make, which names the topology; . is this one (${DEFAULTS.folder})`,
      path: true,
    },
  ],
  options: [
    { flags: '-t, --template <name>', summary: `what to begin with (${DEFAULTS.template})`, choices: TEMPLATE_NAMES },
    { flags: '-l, --language <language>', summary: `what to write it in (${DEFAULTS.language})`, choices: LANGUAGES },
    { flags: '-y, --yes', summary: 'ask nothing, take the defaults' },
    JSON_OPTION,
  ],
  notes: ['Templates:', ...TEMPLATE_NAMES.map((name) => `  ${name.padEnd(12)} ${TEMPLATES[name]}`)].join('\n'),
  examples: ['attak init', 'attak init orders --template orders --language javascript', 'attak init . --yes'],
  async run(args, host) {
    const wish = await wishOf(args, host)
    if (wish === undefined) {
      host.err.write('Nothing was made.\n')
      return 1
    }
    const dir = resolve(host.cwd, wish.folder)
    const name = topologyName(wish.folder, dir, await requireEmpty(dir))
    const own = findOwnPackage()
    const attak = own.checkout ? { attak: `file:${own.root.replaceAll('\\', '/')}` } : {}
    const files = await loadTemplate({ root: own.root, ...wish, name, ...attak })
    await createProject(dir, files)
    const made = { name, dir, template: wish.template, language: wish.language, files: [...files.keys()] }
    host.out.write(flagOf(args, 'json') ? drawJsonLine(made) : drawMade(made, host.cwd))
    return 0
  },
}

async function wishOf(args: Arguments, host: Host): Promise<Wish | undefined> {
  const template = textOf(args, 'template') as TemplateName | undefined
  const language = textOf(args, 'language') as Language | undefined
  const [folder] = args.positionals
  const given = { folder, template, language }
  if (host.interactive && !flagOf(args, 'yes') && !flagOf(args, 'json')) {
    const { askForProject } = await import('../questions.ts')
    return askForProject(given, DEFAULTS, host)
  }
  return {
    folder: folder ?? DEFAULTS.folder,
    template: template ?? DEFAULTS.template,
    language: language ?? DEFAULTS.language,
  }
}

/** The folder's name; of one that was there before, the nearest name that is allowed. */
function topologyName(folder: string, dir: string, exists: boolean): string {
  const base = folder === '' ? '' : basename(dir)
  const name = exists ? moduleName(base).replace(/-{2,}/g, '-') : base
  if (isName(name)) return name
  const what = `a topology cannot be named "${base}": a name must ${NAME_RULE}`
  throw new AttakError('TOPOLOGY_INVALID', what, renameRemedy(base))
}

interface Made extends Omit<Wish, 'folder'> {
  readonly name: string
  readonly dir: string
  readonly files: readonly string[]
}

function drawMade({ name, dir, template, language, files }: Made, cwd: string): string {
  const path = relative(cwd, dir)
  const quoted = /^[\w./\\@-]*$/.test(path) ? path : `"${path}"`
  const steps = [
    [`npx attak simulate${path === '' ? '' : ` ${quoted}`}`, 'runs it here; nothing needs installing'],
    [path === '' ? 'npm install' : `cd ${quoted} && npm install`, 'for its test and for your editor'],
    ['npm test', 'runs its test'],
  ] as const
  const width = Math.max(...steps.map(([command]) => command.length))
  return [
    `Made ${name} in ${path === '' ? 'this folder' : quoted}: ${template} in ${language}, ${files.length} files.`,
    '',
    'Next:',
    ...steps.map(([command, why]) => `  ${command.padEnd(width)}   ${why}`),
    '',
  ].join('\n')
}
