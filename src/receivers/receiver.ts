import { AttakError, nearest, type Problem } from '../errors.ts'
import type { Receive, ReceiverContext, ReceiverFactory, ReceiverParts } from '../topology/receiver.ts'

/** What one property of a receiver must be. */
export interface PropertyRule {
  /** Completes "must be …". */
  readonly must: string
  readonly fits: (value: unknown) => boolean
  readonly isRequired?: true
}

/** Properties by name. */
export type PropertyRules = Readonly<Record<string, PropertyRule>>

/** A receiver that comes with attak: a factory that also says which properties it takes. */
export interface OwnReceiver extends ReceiverFactory {
  readonly rules: PropertyRules
  /** Returns what is wrong with properties together, as a sentence; undefined if nothing is. */
  readonly lacks: (properties: Properties) => string | undefined
  /** The package of its client; absent if it needs none. */
  readonly client?: string
}

/** Properties as they were given. */
export type Properties = Readonly<Record<string, unknown>>

/** What a receiver opens: it handles messages until it is closed. */
export interface OpenReceiver {
  handle(message: unknown, context: ReceiverContext): Promise<unknown>
  close?(): Promise<void>
}

/** How a receiver is defined. */
export interface ReceiverDefinition {
  readonly name: string
  readonly rules: PropertyRules
  readonly lacks?: OwnReceiver['lacks']
  readonly client?: string
  /** Opens nothing yet: connections are made for the first message. `load` loads its client. */
  open(properties: Properties, parts: Omit<ReceiverParts, 'client'> & { load(): Promise<unknown> }): OpenReceiver
}

/** Makes the factory of a receiver. It throws RECEIVER_INVALID with all that is wrong with its properties. */
export function receiverOf({ name, rules, lacks = () => undefined, client, open }: ReceiverDefinition): OwnReceiver {
  const factory = ({ log, config, client: load = importClient }: ReceiverParts): Receive => {
    const problems = propertyProblems({ rules, lacks }, config, `attak/receivers/${name}`)
    const [first] = problems
    if (first !== undefined) {
      throw new AttakError('RECEIVER_INVALID', `${first.where}: ${first.what}`, first.remedy, { problems })
    }
    const { handle, close } = open(config, { log, config, load: async () => client && load(client) })
    const receive: Receive = handle
    return Object.assign(receive, close && { close })
  }
  return Object.assign(factory, { rules, lacks, ...(client !== undefined && { client }) })
}

/** Programs other than attak give no way to load clients. */
function importClient(name: string): Promise<unknown> {
  return import(name)
}

/** A text that stands for a variable: see `receiverHandler`. */
const VARIABLE = /^\$\{\w+\}$/

/** Returns everything that is wrong with properties. `where` names their place: `processors.write.properties`. */
export function propertyProblems(
  { rules, lacks }: Pick<OwnReceiver, 'rules' | 'lacks'>,
  given: unknown,
  where: string,
): readonly Problem[] {
  const problem = (name: string, what: string, remedy: string): Problem => ({
    ...{ code: 'RECEIVER_INVALID', severity: 'error', where: name === '' ? where : `${where}.${name}`, what, remedy },
  })
  const names = Object.keys(rules)
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    return [problem('', 'properties must be an object', `Give any of { ${names.join(', ')} }.`)]
  }
  const properties = given as Properties
  const unknown = Object.keys(properties)
    .filter((name) => !Object.hasOwn(rules, name))
    .map((name) => {
      const near = nearest(name, names)
      const all = names.length === 0 ? 'It takes none.' : `It takes ${names.join(', ')}.`
      return problem(name, `there is no property "${name}"`, near === undefined ? all : `Did you mean "${near}"?`)
    })
  const wrong = Object.entries(rules).flatMap(([name, { must, fits, isRequired }]) => {
    const value = properties[name]
    if (value === undefined) return isRequired ? [problem(name, `${name} is missing`, `Set it to ${must}.`)] : []
    const isVariable = typeof value === 'string' && VARIABLE.test(value)
    return fits(value) || isVariable ? [] : [problem(name, `${name} must be ${must}`, `Set it to ${must}.`)]
  })
  const all = [...unknown, ...wrong]
  const lacking = all.length === 0 ? lacks(properties) : undefined
  return lacking === undefined ? all : [problem('', lacking, `It takes ${names.join(', ')}.`)]
}

/** A text that is not empty. */
export const TEXT: PropertyRule = {
  must: 'a text that is not empty',
  fits: (value) => typeof value === 'string' && value !== '',
}

/** The address of a server, with one of these protocols. */
export function address(...protocols: readonly string[]): PropertyRule {
  return {
    must: `an address that begins with ${protocols.map((name) => `${name}://`).join(' or ')}`,
    fits: (value) => typeof value === 'string' && protocols.some((name) => value.startsWith(`${name}://`)),
  }
}

/** Settings that are passed to a client as they are. */
export const OPTIONS: PropertyRule = {
  must: 'an object',
  fits: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
}

/** A whole number. */
export function whole(least: number, most: number): PropertyRule {
  return {
    must: `a whole number from ${least} to ${most}`,
    fits: (value) => Number.isInteger(value) && Number(value) >= least && Number(value) <= most,
  }
}

/** One of some texts. */
export function oneOf(...texts: readonly string[]): PropertyRule {
  return { must: `one of ${texts.join(', ')}`, fits: (value) => texts.includes(value as string) }
}

/** The field of a message that holds its id. */
export const ID_FIELD: PropertyRule = { ...TEXT, must: 'the name of a field of the message' }

/**
 * The id of what a message becomes at a backend: that of the message, so that a message that is delivered again replaces what
 * it wrote before. Throws if `idField` is given and the message has no text or number there.
 */
export function idOf(message: unknown, { id }: ReceiverContext, { idField }: Properties): string {
  if (idField === undefined) return id
  const found = (message as Properties | null | undefined)?.[idField as string]
  if (typeof found === 'number' || (typeof found === 'string' && found !== '')) return String(found)
  throw new Error(`The message has no text or number in its field "${idField}" (idField).`)
}

/** A message as a document: what is no object becomes the field `value` of one. */
export function documentOf(message: unknown): Properties {
  const isObject = typeof message === 'object' && message !== null && !Array.isArray(message)
  return isObject ? (message as Properties) : { value: message }
}
