import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { AttakError, errorOfSystem, wordsOfSystem } from '../errors.ts'
import type { ProjectFiles } from './template.ts'

/**
 * Writes a new project into `dir`, all of it or nothing: into a folder beside its place first, then moved there.
 * The folders above are made; `dir` itself may exist when it is empty or holds nothing but `.git`.
 * Throws FOLDER_NOT_EMPTY, and FOLDER_NOT_WRITABLE where the disk refuses.
 */
export async function createProject(dir: string, files: ProjectFiles): Promise<void> {
  const exists = await requireEmpty(dir)
  try {
    await (exists ? fillFolder(dir, files) : makeFolder(dir, files))
  } catch (error) {
    throw notWritable(dir, error)
  }
}

/** Checks that `dir` contains no files of the user; returns whether it exists. Throws FOLDER_NOT_EMPTY. */
export async function requireEmpty(dir: string): Promise<boolean> {
  const names = await readdir(dir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    if (error.code !== 'ENOTDIR') throw notWritable(dir, error)
    throw new AttakError('FOLDER_NOT_EMPTY', `${dir} is a file, or in one`, 'Choose another name: attak init <name>')
  })
  const found = (names ?? []).filter((name) => name !== '.git').sort()
  if (found.length === 0) return names !== undefined
  const shown = found.length > 3 ? `${found.slice(0, 3).join(', ')} and ${found.length - 3} more` : found.join(', ')
  throw new AttakError(
    'FOLDER_NOT_EMPTY',
    `${dir} is not empty: it has ${shown}; nothing was written`,
    'Choose another name, or an empty folder: attak init <name>',
  )
}

async function makeFolder(dir: string, files: ProjectFiles): Promise<void> {
  await mkdir(dirname(dir), { recursive: true })
  await staged(join(dirname(dir), `.${basename(dir)}-`), files, (stage) => rename(stage, dir))
}

/** Moves entry by entry, since a folder that someone stands in must stay the one it is. */
async function fillFolder(dir: string, files: ProjectFiles): Promise<void> {
  await staged(join(dir, '.attak-init-'), files, async (stage) => {
    const moved: string[] = []
    try {
      for (const name of await readdir(stage)) {
        await rename(join(stage, name), join(dir, name))
        moved.push(join(dir, name))
      }
    } catch (error) {
      for (const path of moved) await rm(path, { recursive: true, force: true })
      throw error
    }
  })
}

async function staged(prefix: string, files: ProjectFiles, move: (stage: string) => Promise<void>): Promise<void> {
  const parent = await mkdtemp(prefix)
  // Only its owner can use a folder made by mkdtemp; the project's folder follows the umask.
  const stage = join(parent, 'project')
  try {
    await mkdir(stage)
    for (const [path, text] of files) {
      await mkdir(dirname(join(stage, path)), { recursive: true })
      await writeFile(join(stage, path), text)
    }
    await move(stage)
  } finally {
    await rm(parent, { recursive: true, force: true })
  }
}

/** What the operating system says where a folder may be written, and there is no room. */
const FULL: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])

function notWritable(dir: string, cause: unknown): AttakError {
  const isFull = FULL.has((cause as Partial<NodeJS.ErrnoException>).code ?? '')
  const remedy = (isFull && errorOfSystem(cause)?.remedy) || 'Choose a folder that you may write to: attak init <name>'
  const what = `${dir} cannot be written: ${wordsOfSystem(cause)}`
  return new AttakError('FOLDER_NOT_WRITABLE', what, remedy, { cause })
}
