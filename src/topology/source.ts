import type { Rules } from './rules.ts'

/** The settings of each type of source, by type. The folder of each source adds its own. */
// biome-ignore lint/suspicious/noEmptyInterface: sources extend it.
export interface SourceTypes {}

/** The type of a source. */
export type SourceType = Extract<keyof SourceTypes, string>

/** How events come in from outside, as a user writes it: `{ type: 'http', to: 'intake', path: '/orders' }`. */
export type SourceDefinition = {
  [Type in SourceType]: {
    readonly type: Type
    /** The processor that receives the events. */
    readonly to: string
    /** The topic that they have at that processor. Default: none. */
    readonly topic?: string
  } & SourceTypes[Type]
}[SourceType]

/** A source in normal form. */
export interface TopologySource {
  readonly name: string
  readonly type: SourceType
  readonly to: string
  readonly topic?: string
  /** What its type takes, checked by its rules; what was not given is absent. */
  readonly settings: Readonly<Record<string, unknown>>
}

/** What one type of source takes, as data: no code asks for its name. */
export interface SourceRules {
  readonly settings: Rules
  /** Settings that must be given. */
  readonly required?: readonly string[]
  /** Settings of which exactly one must be given. */
  readonly oneOf?: readonly string[]
}

/** All types of sources. */
export type SourceTable = Readonly<Record<SourceType, SourceRules>>
