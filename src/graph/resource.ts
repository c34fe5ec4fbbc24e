import { createHash } from 'node:crypto'

/** What JSON can hold. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject

/** An object that JSON can hold; a field that is undefined is as good as absent. */
export interface JsonObject {
  readonly [name: string]: JsonValue | undefined
}

/** One thing that a topology needs in a cloud: plain data, made of the graph alone. */
export interface Resource {
  /** Unique in topology and stage, and the same in every deploy: `function/reverse`. */
  readonly id: string
  /** One of the kinds of its cloud: `function`. */
  readonly kind: string
  /** What the cloud knows it by: `hello--dev--reverse`. Under another name it is another thing, which replaces it. */
  readonly name: string
  /** The ids of those that have to be there before it. */
  readonly needs: readonly string[]
  /** All that is wanted of it, at most 20 settings; of code its hash. */
  readonly config: JsonObject
  /**
   * The settings that cannot be changed in place: where one of them differs, it is removed and made again, together
   * with what needs it. Where such a setting can be part of the name, a change makes the new one before the old one goes.
   */
  readonly fixed: readonly string[]
  /** Whether messages, error records or log lines are lost with it. */
  readonly holdsData: boolean
  /** The processor that it belongs to; absent where it belongs to the topology. */
  readonly processor?: string
}

/** A resource as it was found in the cloud, by its tags or its name. */
export interface LiveResource {
  readonly id: string
  readonly kind: string
  readonly name: string
  /** How the cloud reaches it: an ARN, an address, an id. */
  readonly address: string
  /** Of what was wanted when it was last written, stamped with the deploy; undefined while it is half-made. */
  readonly fingerprint: string | undefined
  readonly holdsData: boolean
  /** The ids of the resources that it needs, if the cloud knows them. They are removed after it. */
  readonly needs?: readonly string[]
  /** Settings that were changed by hand, if the cloud compared them. */
  readonly drift?: readonly string[]
  /** Whether a deploy may have died while it changed the resource. Then the fingerprint may be out of date. */
  readonly unsure?: boolean
  readonly processor?: string
}

/** A tag's 256 less a stamp. */
const MOST_CHARACTERS = 246
const MOST_SETTINGS = 20
const NAME = /^[A-Za-z0-9_.-]+$/
/** From the most telling to the shortest; the last one fits 20 settings of any name. */
const SPELLINGS = [
  { label: (name: string) => name, digits: 8 },
  { label: (name: string) => name, digits: 6 },
  { label: abbreviate, digits: 8 },
  { label: abbreviate, digits: 6 },
  { label: abbreviate, digits: 4 },
  { label: abbreviate, digits: 3 },
]

/**
 * Returns the wanted settings of a resource in one line that fits a tag. Two resources have the same line if their kind and
 * settings are the same. It has a part for each setting, `<16 hex of all> code:0b1c… memory:ab12cd34 …`, so that
 * {@link differingSettings} can name those that differ. At most 246 characters of letters, digits and ` :._-`
 * (AWS allows those in a tag's value: docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html, read 2026-11-21);
 * hashes and names get shorter where there are many.
 */
export function fingerprint({ id, kind, config }: Resource): string {
  const names = settingsOf(config)
  const wrong = names.find((name) => !NAME.test(name))
  if (wrong !== undefined) throw new Error(`${id}: the setting ${JSON.stringify(wrong)} cannot stand in a fingerprint`)
  if (names.length > MOST_SETTINGS) throw new Error(`${id}: ${names.length} settings, at most ${MOST_SETTINGS}`)
  const all = hashOf({ kind, config }).slice(0, 16)
  const hashes = names.map((name) => ({ name, hash: hashOf(config[name]) }))
  const spelt = SPELLINGS.map(({ label, digits }) =>
    [all, ...hashes.map(({ name, hash }) => `${label(name)}:${hash.slice(0, digits)}`)].join(' '),
  )
  return spelt.find((text) => text.length <= MOST_CHARACTERS)!
}

/**
 * Returns the names of the settings in which the wanted resource differs from a fingerprint, sorted. Settings that are no longer
 * wanted have the name that the fingerprint has for them. Empty if the parts are equal or missing.
 */
export function differingSettings({ config }: Resource, live: string): readonly string[] {
  const parts = new Map(unstamped(live).split(' ').slice(1).map(splitPart))
  const differing: string[] = []
  for (const name of settingsOf(config)) {
    const label = parts.has(name) ? name : abbreviate(name)
    const part = parts.get(label)
    if (part === undefined || !hashOf(config[name]).startsWith(part)) differing.push(name)
    parts.delete(label)
  }
  return [...differing, ...parts.keys()].sort()
}

/** Returns a fingerprint with the deploy that wrote it: ` @` and 8 hex, which differ for each deploy. Fits a tag. */
export function stamped(print: string, deployId: string): string {
  return `${print} @${hashOf(deployId).slice(0, 8)}`
}

/** A fingerprint without the deploy that wrote it. */
export function unstamped(print: string): string {
  const at = print.lastIndexOf(' @')
  return at < 0 ? print : print.slice(0, at)
}

/** Any JSON as text that is the same for equal values, whatever the order of their fields. */
export function canonicalJson(value: JsonValue | undefined): string {
  if (Array.isArray(value)) return `[${value.map((item: JsonValue) => canonicalJson(item)).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const object = value as JsonObject
  return `{${settingsOf(object)
    .map((name) => `${JSON.stringify(name)}:${canonicalJson(object[name])}`)
    .join(',')}}`
}

/** The hex of a SHA-256 over JSON; the same for equal values. */
export function hashOf(value: JsonValue | undefined): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex')
}

function settingsOf(config: JsonObject): readonly string[] {
  return Object.keys(config)
    .filter((name) => config[name] !== undefined)
    .sort()
}

/** Three characters of each end: `maximumRecordAge` and `maximumRetryAttempts` stay apart as `maxAge` and `maxpts`. */
function abbreviate(name: string): string {
  return name.length <= 6 ? name : name.slice(0, 3) + name.slice(-3)
}

function splitPart(part: string): [string, string] {
  const at = part.lastIndexOf(':')
  return [part.slice(0, at), part.slice(at + 1)]
}
