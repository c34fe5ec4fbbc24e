import { readdirSync } from 'node:fs'
import { basename, dirname, extname } from 'node:path'
import { isFolder, isModule } from './modules.ts'

/** What a user meant a file to be. */
export type Meant = 'topology' | 'processor'

const DATA = ['.yml', '.yaml', '.toml', '.json5', '.jsonc', '.hjson', '.ini', '.xml']
const CODE = [
  '.py',
  '.rb',
  '.go',
  '.java',
  '.kt',
  '.cs',
  '.php',
  '.rs',
  '.lua',
  '.ex',
  '.sh',
  '.pl',
  '.swift',
  '.scala',
]
const COFFEE = ['.coffee', '.litcoffee']

/** Returns the remedy for a file of another language or format; undefined for unknown endings. */
export function foreignRemedy(file: string, meant: Meant): string | undefined {
  const ending = extname(file)
  if (COFFEE.includes(ending)) return `Compile it to JavaScript first: npx -p coffeescript coffee -c ${file}`
  if (CODE.includes(ending)) return 'Write it in JavaScript or TypeScript: attak runs on Node.js.'
  if (meant === 'processor' || !DATA.includes(ending)) return undefined
  return 'Write it as JSON (.json), or as a module that exports it (.js, .ts).'
}

/**
 * Returns the name of a file that has the base name of `path` and an ending that attak does not look for: `reverse.coffee`
 * beside `./reverse`. JSX counts, which is found only with its ending.
 */
export function foreignBeside(path: string, meant: Meant): string | undefined {
  const [folder, base] = [dirname(path), basename(path)]
  if (!isFolder(folder)) return undefined
  return readdirSync(folder)
    .filter((name) => name !== base && name.slice(0, name.length - extname(name).length) === base)
    .find((name) => isModule(name) || foreignRemedy(name, meant) !== undefined)
}
