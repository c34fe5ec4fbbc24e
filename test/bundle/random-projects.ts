import type { Files } from './bundled.ts'
import { type Choices, choicesOf, type Form, moduleText, OLD_FORMS, type Target } from './random-modules.ts'
import { localExtras, randomPackages } from './random-packages.ts'

/** Whether all of a project is JavaScript, which a simulation runs as it is, or some is TypeScript, which is built. */
export type Language = 'javascript' | 'typescript'

/** A random project of one processor, in a folder: its files, and links from paths to what they lead to. */
export interface RandomProject {
  readonly files: Files
  readonly links: Readonly<Record<string, string>>
  /** The module of the processor. */
  readonly handler: string
}

/**
 * Makes the project of a seed, in `folder`. Each of its modules notes that it runs, imports others in some form, and exports
 * a value that shows what it got; the handler emits that and the order.
 */
export function randomProject(seed: number, folder: string, language: Language): RandomProject {
  const choices = choicesOf(seed)
  const files: Record<string, string> = {}
  const links: Record<string, string> = {}
  const type = choices.of(['module', 'commonjs', undefined])
  const name = `project${seed}`
  const log = `(globalThis.order${seed} ??= []).push`
  const packages = randomPackages({ choices, files, links, folder, log })
  const manifest: Record<string, unknown> = { name, ...(type && { type }) }
  if (choices.chance(0.3)) manifest.sideEffects = false
  const locals: Target[] = [...packages]
  if (choices.chance(0.5)) {
    files[`${folder}/data.json`] = `{ "seed": ${seed}, "default": 1, "a-b": [null] }`
    locals.push({ specifier: './data.json', kind: 'json' })
  }
  const count = 2 + choices.below(4)
  locals.push(...localExtras(choices, files, folder, log, type))
  let handler = ''
  for (let index = 0; index <= count; index++) {
    const isLast = index === count
    const ending = endingFor(choices, language)
    const kind = kindOfEnding(ending, type)
    const file = `${choices.of(['m', 'm', 'm', 'ü ', 'a.b'])}${index}${ending}`
    const form: Form = kind === 'module' ? 'module' : choices.of(OLD_FORMS)
    const targets = [...new Set(Array.from({ length: 1 + choices.below(4) }, () => choices.of(locals)))]
    files[`${folder}/${file}`] = moduleText({ choices, kind, ending, form, targets, name: file, log, isLast, seed })
    // Where an import has no ending, or is of a folder, attak finds TypeScript.
    const stem = file.slice(0, -ending.length)
    const isFound = language === 'typescript' && /^\.[jt]s$/.test(ending) && stem !== file
    locals.push({ specifier: choices.of([`./${file}`, ...(isFound ? [`./${stem}`] : [])]), kind })
    if (ending === '.ts') locals.push({ specifier: `./${stem}.js`, kind })
    if (choices.chance(0.3)) {
      const inner = `#m${index}`
      manifest.imports = { ...(manifest.imports as object), [inner]: `./${file}` }
      locals.push({ specifier: inner, kind })
    }
    if (choices.chance(0.2)) {
      manifest.exports = { ...(manifest.exports as object), [`./m${index}`]: `./${file}` }
      locals.push({ specifier: `${name}/m${index}`, kind })
    }
    handler = file
  }
  files[`${folder}/package.json`] = JSON.stringify(manifest)
  return { files, links, handler: `./${folder}/${handler}` }
}

function endingFor(choices: Choices, language: Language): string {
  const plain = ['.js', '.mjs', '.cjs']
  return choices.of(language === 'javascript' ? plain : [...plain, '.ts', '.ts', '.mts', '.cts'])
}

function kindOfEnding(ending: string, type: string | undefined): 'module' | 'commonjs' {
  if (/^\.m/.test(ending) || (ending === '.ts' && type === 'module')) return 'module'
  if (/^\.c/.test(ending) || ending === '.js') return ending === '.js' && type === 'module' ? 'module' : 'commonjs'
  // TypeScript is what its syntax says.
  return 'module'
}
