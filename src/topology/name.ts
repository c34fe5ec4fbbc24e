const NAME = /^(?!.*--)[A-Za-z0-9][A-Za-z0-9_-]{0,39}$/

/** What a name must do, as a sentence's end. */
export const NAME_RULE = 'be 1 to 40 letters, digits, "-" and "_", begin with a letter or digit, and hold no "--"'

/** Whether a topology, stage or processor may have this name: see {@link NAME_RULE}. */
export function isName(name: string): boolean {
  return NAME.test(name)
}

/** The remedy for a refused name: one that is near and allowed, where there is one. */
export function renameRemedy(name: string): string {
  const near = nearName(name)
  return near === undefined ? 'Rename it.' : `Rename it, for example to "${near}".`
}

/** Returns a name that is allowed and near to this one; undefined where nothing of it is left. */
export function nearName(name: string): string | undefined {
  const near = name
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .replace(/[^A-Za-z0-9_]+/g, '-')
    .replace(/^[-_]+/, '')
    .slice(0, 40)
    .replace(/-+$/, '')
  return isName(near) ? near : undefined
}

/** The processor name of a module: its base name with `-` for each `.` and space: `file.export` is `file-export`. */
export function moduleName(baseName: string): string {
  return baseName.replace(/[.\s]/g, '-')
}

/** The base name of a module's path, without its extension: `./processors/reverse.ts` gives `reverse`. */
export function baseNameOf(path: string): string {
  const last = path.replace(/[\\/]+$/, '').replace(/^.*[\\/]/, '')
  return last.replace(/\.[cm]?[jt]sx?$/, '')
}

/** Where a processor is written in a map, for a message: `processors.reverse`, `processors["a b"]`. */
export function placeOfProcessor(name: string): string {
  return /^[\w$]+$/.test(name) ? `processors.${name}` : `processors[${JSON.stringify(name)}]`
}
