import type { Resolver } from './resolvers.ts'

/** How a module asks for another: what Node resolves by the conditions of `import`, or of `require`. */
export type Asking = 'import' | 'require'

/** What a module does with a file that it names: it loads it, or asks where it is. */
export type Use = Asking | Resolver

/** An import of a local module. */
export interface Asked {
  readonly specifier: string
  readonly asking: Asking
  /** Absolute. */
  readonly importer: string
}

/** The target of an import. `stays`: it is written as `specifier`, and Node resolves it where the code runs. */
export type Link =
  | {
      readonly to: 'local' | 'package'
      readonly file: string
      /** The import computes a path that may be this one. */
      readonly isComputed?: boolean
    }
  | {
      readonly to: 'stays'
      readonly specifier: string
      readonly asJson?: boolean
      /** The package exists, but does not export this path: see `isClosed`. */
      readonly isClosed?: boolean
    }
/** An import that cannot be followed is reported at its place. */
export type Refusal = { readonly to: 'nothing'; readonly why: string }

/** Returns the file that a module's import resolves to. */
export type Find = (asked: Asked) => Promise<string | undefined>

/**
 * Decides what an import leads to; `found` is the file that Node finds, or TypeScript in its place. Undefined: it does not
 * exist, which is an error unless the code expects that.
 */
export type LinkTo = (asked: Asked, found: string | undefined, find: Find) => Promise<Link | Refusal | undefined>

/** Names a link of a module. */
export function linkKey(specifier: string, use: Use): string {
  return `${use} ${specifier}`
}

const MAY_RESOLVE = /\b(?:[\w$]*[rR]equire|meta|attakMeta)\b/

/** Whether it is worth parsing code to find out whether it asks where a file is. */
export function mayResolve(text: string): boolean {
  return /\bresolve\b/.test(text) && MAY_RESOLVE.test(text)
}
